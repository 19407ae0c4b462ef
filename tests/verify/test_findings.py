"""What kubeconform says of an invalid object is read mistake by mistake."""

from generator.verify.findings import Finding, findings

HEAD = "problem validating schema. Check JSON formatting: jsonschema validation failed with 'file:///s.json#' "


def test_mistakes_on_several_levels_are_all_found() -> None:
    said = (
        f"{HEAD}- at '/spec/hosts/0': got number, want string "
        "- at '/spec/http/0': validation failed   - at '/spec/http/0/timeout': got number, want string   "
        "- at '/spec/http/0': additional properties 'htttp' not allowed"
    )
    assert findings(said) == (
        Finding(("spec", "hosts", "0"), "got number, want string"),
        Finding(("spec", "http", "0", "timeout"), "got number, want string"),
        Finding(("spec", "http", "0", "htttp"), "unknown field", unknown=True),
    )


def test_each_unknown_field_is_a_finding() -> None:
    said = f"{HEAD}- at '/spec': additional properties 'a', 'it\\'s - at \\'/x\\': b' not allowed"
    assert findings(said) == (
        Finding(("spec", "a"), "unknown field", unknown=True),
        Finding(("spec", "it's - at '/x': b"), "unknown field", unknown=True),
    )


def test_alternatives_of_which_none_fits_are_one_finding() -> None:
    said = (
        f"{HEAD}- at '/spec': validation failed   - at '/spec/port': 'anyOf' failed     "
        "- at '/spec/port': got boolean, want integer     - at '/spec/port': got boolean, want string   "
        "- at '/spec/x': got string, want object"
    )
    assert findings(said) == (
        Finding(("spec", "port"), "'anyOf' failed: got boolean, want integer; got boolean, want string"),
        Finding(("spec", "x"), "got string, want object"),
    )


def test_a_mistake_at_the_top_has_an_empty_path() -> None:
    assert findings(f"{HEAD}- at '': missing property 'spec'") == (Finding((), "missing property 'spec'"),)


def test_keys_with_slashes_and_tildes_are_read_as_they_were_written() -> None:
    said = f"{HEAD}- at '/metadata/labels/app.kubernetes.io~1name~0': got number, want string"
    (finding,) = findings(said)
    assert finding.path == ("metadata", "labels", "app.kubernetes.io/name~")


def test_an_unknown_form_of_message_gives_no_finding() -> None:
    assert findings("something else happened") == ()
