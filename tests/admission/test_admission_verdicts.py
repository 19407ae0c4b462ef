"""What the real API server says: files in refused/ begin with their problems, those in admitted/ have none."""

import json
import subprocess
from collections import defaultdict
from pathlib import Path

import pytest
from servers import HERE, cluster, cluster_of, real_cache, real_toolbox

from generator.base.errors import GenError
from generator.base.problem import Problem, Severity
from generator.verify.admission.stage import admit
from generator.verify.outcome import Outcome

# kubeconform sees these too: what a JSON Schema can say.
_SEEN_BY_SCHEMAS = {
    "environment-number.yaml",
    "unknown-field-of-custom-resource.yaml",
    "unknown-field.yaml",
    "unknown-kind.yaml",
    "wrong-type.yaml",
}


def test_each_bad_object_is_refused_and_no_good_one_though_they_share_a_namespace() -> None:
    """The refused ones stand in two clusters and are told once; the namespace `shop` differs in the third cluster."""
    clusters = [cluster(HERE / "refused", "eu"), cluster(HERE / "refused", "us"), cluster(HERE / "admitted", "ap")]
    outcome = admit(clusters, real_toolbox(), real_cache())
    expected = {file.name: _announced(file) for file in (HERE / "refused").iterdir()}
    assert min(map(len, expected.values())) >= 1
    assert _said(outcome) == expected
    assert outcome.note == "by Kubernetes v1.36.3"


def test_schemas_pass_most_of_what_is_refused() -> None:
    assert _refused_by_kubeconform(HERE / "refused") == _SEEN_BY_SCHEMAS


def test_a_definition_in_the_tree_wins_over_the_pinned_one_and_counts_in_its_cluster_only(tmp_path: Path) -> None:
    named = (
        "group: networking.istio.io\n  scope: Namespaced\n  names: {plural: gateways, singular: gateway, kind: Gateway"
    )
    definition = f"""\
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {{name: gateways.networking.istio.io}}
spec:
  {named}, listKind: GatewayList}}
  versions:
    - name: v1
      served: true
      storage: true
      schema:
        openAPIV3Schema:
          type: object
          properties: {{spec: {{type: object, properties: {{mine: {{type: string}}}}}}}}
"""
    gateway = (
        "apiVersion: networking.istio.io/v1\nkind: Gateway\nmetadata: {name: edge, namespace: shop}\nspec: {mine: x}\n"
    )
    own = cluster_of(tmp_path, "own", {"own.yaml": definition, "good.yaml": gateway})
    pinned = cluster_of(tmp_path, "pinned", {"bad.yaml": gateway})
    outcome = admit([own, pinned], real_toolbox(), real_cache())
    assert [(problem.file, problem.rule, problem.path) for problem in outcome.problems] == [
        ("bad.yaml", "admission/unknown-field", "$.spec.mine")
    ]


def test_a_given_definition_counts_and_one_that_is_refused_is_an_error(tmp_path: Path) -> None:
    text = (HERE / "admitted" / "own-definition.yaml").read_text(encoding="utf-8")
    definition, _, lamp = text.partition("---\n")
    good = cluster_of(tmp_path, "eu", {"lamp.yaml": lamp})
    (given,) = (item.value for item in cluster_of(tmp_path, "given", {"crd.yaml": definition}).objects)
    assert admit([good], real_toolbox(), real_cache(), definitions=[given]).problems == ()
    misnamed = {**given, "metadata": {"name": "other.shop.example.com"}}
    with pytest.raises(GenError, match=r"refuses the definition other\.shop\.example\.com"):
        admit([good], real_toolbox(), real_cache(), definitions=[misnamed])


def test_two_definitions_of_one_kind_are_a_problem_of_the_one_that_is_not_served(tmp_path: Path) -> None:
    files = {
        f"{plural}.yaml": f"""\
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {{name: {plural}.shop.example.com}}
spec:
  group: shop.example.com
  scope: Namespaced
  names: {{plural: {plural}, singular: {plural}, kind: Lamp, listKind: {plural.title()}List}}
  versions: [{{name: v1, served: true, storage: true, schema: {{openAPIV3Schema: {{type: object}}}}}}]
"""
        for plural in ("lamps", "beams")
    }
    (problem,) = admit([cluster_of(tmp_path, "eu", files)], real_toolbox(), real_cache()).problems
    assert (problem.rule, problem.path) == ("admission/not-established", "$.spec.names")
    assert '"Lamp" is already in use' in problem.message


def test_a_problem_stands_at_the_line_of_its_field(tmp_path: Path) -> None:
    text = "---\napiVersion: v1\nkind: ConfigMap\nmetadata:\n  namespace: shop\n  name: good\n"
    bad = text.replace("good", "bad") + "  labels:\n    fine: x\n    wrong: a b\n"
    (problem,) = admit([cluster_of(tmp_path, "eu", {"maps.yaml": text + bad})], real_toolbox(), real_cache()).problems
    assert (problem.file, problem.line, problem.column) == ("maps.yaml", 15, 5)
    assert str(problem.object) == "ConfigMap shop/bad"


def _announced(file: Path) -> list[str]:
    lines = file.read_text(encoding="utf-8").splitlines()
    return [line.removeprefix("# ") for line in lines if line.startswith("# ")]


def _said(outcome: Outcome) -> dict[str, list[str]]:
    said = defaultdict(list)
    for problem in outcome.problems:
        said[problem.file].append(_line(problem))
    return dict(said)


def _line(problem: Problem) -> str:
    assert problem.severity in {Severity.ERROR, Severity.WARNING}
    return f"{problem.severity} {problem.rule} {problem.path}: {problem.message}"


def _refused_by_kubeconform(folder: Path) -> set[str]:
    toolbox = real_toolbox()
    locations = [f"-schema-location={place}" for place in toolbox.schema_locations()]
    program = str(toolbox.tools["kubeconform"])
    command = [program, "-strict", "-output=json", "-kubernetes-version=1.36.0", *locations, str(folder)]
    said = json.loads(subprocess.run(command, capture_output=True, check=False).stdout)
    # The definitions that a file brings with it are not among the pinned ones.
    return {Path(each["filename"]).name for each in said["resources"] if each.get("kind") != "Lamp"}
