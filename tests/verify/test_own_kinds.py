"""Kinds whose definitions we wrote: closed in a tree that we rendered, unknown in one of somebody else."""

from pathlib import Path

import yaml
from rendered import real_toolbox, write_tree

from generator.base.problem import Severity
from generator.verify.conformance import check_conformance
from generator.verify.subject import folder_subject, rendered_subject

# A field that upstream has and we never render.
BUCKET = """\
apiVersion: s3.services.k8s.aws/v1alpha1
kind: Bucket
metadata:
  name: receipts
  namespace: shop
spec:
  name: shop-receipts
  website:
    indexDocument:
      suffix: index.html
"""
PLACE = "clusters/eu/buckets/bucket-receipts.yaml"


def test_a_field_that_we_never_render_is_refused_in_a_tree_of_ours(tmp_path: Path) -> None:
    tree = write_tree(tmp_path, {PLACE: BUCKET})
    problems = check_conformance([rendered_subject(tree)], real_toolbox()).problems
    assert [(problem.rule, problem.path, problem.severity) for problem in problems] == [
        ("kubeconform/invalid", "$.spec.website", Severity.ERROR)
    ]


def test_a_tree_of_ours_with_a_definition_of_upstream_is_judged_by_that(tmp_path: Path) -> None:
    toolbox = real_toolbox()
    file = toolbox.definition("s3.services.k8s.aws", "Bucket")
    assert file is not None
    definition = yaml.safe_load(file.read_text("utf-8"))
    fields = definition["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"]["spec"]["properties"]
    fields["website"] = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
    subject = rendered_subject(write_tree(tmp_path, {PLACE: BUCKET}))
    assert check_conformance([subject], toolbox, [definition]).problems == ()


def test_somebody_else_s_tree_may_have_fields_that_we_never_render(tmp_path: Path) -> None:
    (tmp_path / "bucket.yaml").write_text(BUCKET, "utf-8")
    problems = check_conformance([folder_subject(tmp_path, "", "1.36")], real_toolbox()).problems
    assert [(problem.rule, problem.severity) for problem in problems] == [("kubeconform/no-schema", Severity.WARNING)]
