"""One region's root: the kustomization that lists the overlays of every component that the region has."""

from collections.abc import Iterator, Sequence

from generator.base.problem import ObjectRef, Problem
from generator.manifests.read import read_documents
from generator.verify.forms.component import Checked, Output, judge_whole
from generator.verify.forms.equality import Rendering
from generator.verify.forms.overlay import KUSTOMIZATION, MEND, failure_problems
from generator.verify.forms.tool import Said
from generator.verify.forms.tree import Whole

LARGEST = 100
"""Components of a root that is built in any case.

kustomize compares each object with every other, several times: 100 components take it 3 s, 250 take 16 s.
"""


def regions_to_build(whole: Whole) -> tuple[str, ...]:
    """Return the regions whose root kustomize must build: all, but of large ones that are plain lists only the first.

    What a kustomization means that has nothing but `resources` is what its resources mean, and those are built.
    """
    regions = [region for region in whole.due() if region in whole.regions]
    return tuple(
        region
        for number, region in enumerate(regions)
        if number == 0 or len(whole.components) <= LARGEST or not is_plain_list(whole, region)
    )


def is_plain_list(whole: Whole, region: str) -> bool:
    """Say whether a root lists the overlay of each component that has one, once, and says nothing else."""
    path = whole.folder / region / KUSTOMIZATION
    reading = read_documents(path.read_bytes()) if path.is_file() else None
    if reading is None or reading.notes or len(reading.documents) != 1 or not isinstance(reading.documents[0], dict):
        return False
    content = dict(reading.documents[0])
    resources = content.pop("resources", None)
    head = {"apiVersion": "kustomize.config.k8s.io/v1beta1", "kind": "Kustomization"}
    overlays = [f"../../{part.name}/overlays/{region}" for part in whole.components if region in part.regions]
    return content == head and isinstance(resources, list) and sorted(map(str, resources)) == sorted(overlays)


def judge_root(whole: Whole, region: str, said: Said, checked: Sequence[Checked]) -> Iterator[Problem]:
    """Yield how what kustomize says of a root differs from the manifests of its components."""
    file = whole.tree.name(whole.folder / region / KUSTOMIZATION)

    def place(_: str, __: str, ___: ObjectRef) -> str:
        return file

    yield from failure_problems(said, whole.tree, file)
    if not said.code:
        yield from judge_whole(
            whole, checked, Output(region, Rendering(f"The root of {region}", MEND, place), said.output)
        )


def judge_list(whole: Whole, region: str, checked: Sequence[Checked]) -> Iterator[Problem]:
    """Yield a problem for each object that two components have: a root that lists both cannot be built."""
    file = whole.tree.name(whole.folder / region / KUSTOMIZATION)
    owners: dict[ObjectRef, str] = {}
    for part in checked:
        expected = part.expected.get(region)
        for ref, path in expected.paths.items() if expected else ():
            if ref in owners:
                message = f"The root of {region} has this object more than once: {owners[ref]} and {path}."
                hint = "Give one of them another name."
                yield Problem(rule="forms/duplicate", file=file, object=ref, message=message, hint=hint)
            owners.setdefault(ref, path)
