"""JSON Schema validation of documents and of component parameters, offline: problems have a place and a remedy."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from generator.base.errors import GenError
from generator.base.problem import Problem, sort_problems
from generator.documents.node import json_path
from generator.documents.reader import Source, locate

if TYPE_CHECKING:
    from jsonschema_rs import Draft202012Validator

    from generator.documents.violations import Violation

_BASE = "gen:///"
_SUFFIX = ".schema.json"
_PARAMETERS = f"{_BASE}parameters{_SUFFIX}"

# Mappings of a component's schema with all references written out: ten times the platform's own schema.
_EXPANSION_LIMIT = 10_000

Schema = dict[str, Any]


class Schemas:
    """The schemas of a folder, each compiled when it is first asked for. They refer to each other by file name."""

    __slots__ = ("_compiled", "_documents", "_parameters", "_registry")

    def __init__(self, folder: Path) -> None:
        """Read `*.schema.json` from the folder. Raises GenError when one is not JSON."""
        self._documents: dict[str, Schema] = {}
        for path in sorted(folder.glob(f"*{_SUFFIX}")):
            try:
                schema = json.loads(path.read_bytes())
            except ValueError as error:
                raise GenError(f"{path}: not JSON: {error}. Mend the schema, or install gen again.") from error
            uri = f"{_BASE}{path.name}"
            self._documents[uri] = {**schema, "$id": uri}
        self._compiled: dict[str, Draft202012Validator] = {}
        self._parameters: dict[str, Draft202012Validator] = {}
        self._registry: Any = None

    def check(self, schema_name: str, instance: object, source: Source) -> tuple[Problem, ...]:
        """Return what is wrong with a document ("platform" stands for platform.schema.json), sorted."""
        uri = f"{_BASE}{schema_name}{_SUFFIX}"
        if uri not in self._documents:
            raise GenError(f"no schema is named '{schema_name}'. Install gen again: its data files are incomplete.")
        validator = self._compiled.get(uri)
        if validator is None:
            validator = self._compiled[uri] = self._compile(self._documents[uri])
        if validator.is_valid(instance):
            return ()
        return _placed(self._violations(validator, instance, self._documents), source, ())

    def check_parameters(
        self, schema: Schema, instance: object, source: Source, base_path: Sequence[str | int]
    ) -> tuple[Problem, ...]:
        """Return what is wrong with parameters that stand at `base_path` of the source, by a component's own schema."""
        return _placed(self.parameter_violations(schema, instance), source, base_path)

    def parameter_violations(self, schema: Schema, instance: object) -> "tuple[Violation, ...]":
        """Return what is wrong with parameters, without a place: for values that were merged from several sources.

        Raises GenError when the schema is none, contains itself, or is too large with its references written out.
        """
        # A copy: `$id` decides what relative references mean, so it is ours.
        schema = {**schema, "$id": _PARAMETERS}
        text = json.dumps(schema)
        validator = self._parameters.get(text)
        if validator is None:
            validator = self._compile(schema)
            self._refuse_unbounded(schema)
            self._parameters[text] = validator
        if validator.is_valid(instance):
            return ()
        return self._violations(validator, instance, {**self._documents, _PARAMETERS: schema})

    def _refuse_unbounded(self, schema: Schema) -> None:
        """Raise GenError when the errors of a value could be more than anybody can wait for."""
        from generator.documents.expansion import UnboundedError, expansion  # noqa: PLC0415  (few platforms pay for it)

        name = str(schema["$id"]).removeprefix(_BASE)
        try:
            size = expansion(schema, self._documents)
        except UnboundedError as error:
            raise GenError(f"{name} cannot be used: {error}") from error
        if size > _EXPANSION_LIMIT:
            raise GenError(
                f"{name} cannot be used: it has more than {_EXPANSION_LIMIT:,} parts, references written out. "
                "Refer less often to what refers again."
            )

    def _compile(self, schema: Schema) -> "Draft202012Validator":
        import jsonschema_rs  # noqa: PLC0415  (`gen --help` doesn't pay for it)

        try:
            if self._registry is None:
                self._registry = jsonschema_rs.Registry(list(self._documents.items()))
            return jsonschema_rs.Draft202012Validator(schema, registry=self._registry, offline=True)
        except (ValueError, jsonschema_rs.ReferencingError) as error:
            first = str(error).splitlines()[0]
            name = str(schema["$id"]).removeprefix(_BASE)
            raise GenError(f"{name} is not a JSON Schema of draft 2020-12: {first}. Mend the schema.") from error

    @staticmethod
    def _violations(
        validator: "Draft202012Validator", instance: object, documents: Mapping[str, Schema]
    ) -> "tuple[Violation, ...]":
        from generator.documents.violations import violations  # noqa: PLC0415  (only a mistake pays for it)

        return violations(validator.iter_errors(instance), documents)


def _placed(found: "Sequence[Violation]", source: Source, base_path: Sequence[str | int]) -> tuple[Problem, ...]:
    problems = []
    for violation in found:
        path = (*base_path, *violation.path)
        line, column = locate(source, path, key=violation.at_key)
        problems.append(
            Problem(
                rule=violation.rule,
                message=violation.message,
                hint=violation.hint,
                file=source.shown,
                line=line,
                column=column,
                path=json_path(path),
            )
        )
    return sort_problems(problems)
