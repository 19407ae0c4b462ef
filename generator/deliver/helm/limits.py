"""What no chart can give, whatever its templates say: text that Helm takes out of what it rendered."""

from collections.abc import Iterator, Mapping, Sequence

from generator.base.problem import Problem
from generator.deliver.document import Document

_NO_VALUE = "<no value>"


def problems(documents: Mapping[str, Sequence[Document]]) -> Iterator[Problem]:
    """Yield a problem for each object of a component, by region, that holds `<no value>`.

    Go's templates write it for what is missing, so Helm deletes it wherever it stands:
    https://github.com/helm/helm/blob/v4.3.1/pkg/engine/engine.go
    """
    for region, found in documents.items():
        for document in found:
            if _NO_VALUE.encode() in document.content:
                yield Problem(
                    rule="render/helm-text",
                    message=f"in {region}, Helm deletes the text '{_NO_VALUE}' from whatever a template gives.",
                    hint="Say it in another way, or leave the form helm out.",
                    file=document.template,
                    object=document.object,
                )
