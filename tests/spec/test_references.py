"""Words that name nothing: a near miss is suggested, otherwise what there is, never a word of quite another kind."""

import pytest

from generator.spec.references import unknown


@pytest.mark.parametrize(
    ("word", "known", "hint"),
    [
        ("catlog", ["catalog", "orders"], "Did you mean 'catalog'?"),
        ("Catalog", ["catalog", "orders"], "Did you mean 'catalog'?"),
        ("postgres", ["catalog", "orders"], "Known: catalog, orders."),
        ("stores", ["istio-ingress"], "Known: istio-ingress."),
        ("anything", [], "None is declared yet."),
        ("zz", [f"a{i}" for i in range(10, 30)], f"Known: {', '.join(f'a{i}' for i in range(10, 22))} and 8 more."),
    ],
)
def test_a_word_that_names_nothing_is_answered_with_the_nearest_or_with_all(
    word: str, known: list[str], hint: str
) -> None:
    assert unknown("service", word, known) == (f"there is no service '{word}'.", hint)
