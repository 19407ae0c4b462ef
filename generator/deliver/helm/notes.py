"""NOTES.txt of charts: what Helm tells after it has installed a release."""

from collections.abc import Sequence

from generator.base.characters import visible

_LOOK = """\
Its objects, its history and the way back:

  helm get manifest {{ .Release.Name }} -n {{ .Release.Namespace }} | kubectl get -f -
  helm history {{ .Release.Name }} -n {{ .Release.Namespace }}
  helm rollback {{ .Release.Name }} -n {{ .Release.Namespace }}
"""


def chart_notes(notes: Sequence[str], platform: str, environment: str) -> str:
    """Return NOTES.txt of a component's chart; notes are facts on what was installed."""
    answers = "".join(f"  - {_literal(note)}\n" for note in notes)
    parts = [
        "{{ .Chart.Name }} {{ .Chart.Version }} of "
        f"{platform} ({environment}) is in the release {{{{ .Release.Name }}}}"
        "{{ with .Chart.AppVersion }}, application version {{ . }}{{ end }}.\n",
        *([f"Where it answers, by the spec:\n\n{answers}"] if notes else []),
        _LOOK,
        _owner(platform),
    ]
    return "\n".join(parts)


def umbrella_notes(platform: str, environment: str) -> str:
    """Return NOTES.txt of the chart of a whole platform."""
    parts = [
        f"{platform} ({environment}) {{{{ .Chart.Version }}}} is the release {{{{ .Release.Name }}}}:\n",
        "{{- range $name, $values := .Values }}\n"
        '{{- if and (kindIs "map" $values) (ne $name "global") }}\n'
        "{{- if $values.enabled }}\n"
        "  - {{ $name }}\n"
        "{{- end }}\n"
        "{{- end }}\n"
        "{{- end }}\n",
        _LOOK,
        _owner(platform),
    ]
    return "\n".join(parts)


def _owner(platform: str) -> str:
    return (
        f"What should last is changed in environments/{platform}/, from which gen renders this chart. Where Argo CD\n"
        "syncs the platform, it undoes what Helm changes.\n"
    )


def _literal(text: str) -> str:
    """Return a text on one line that a Go template prints as it is."""
    return visible(" ".join(text.split())).replace("{{", '{{ "{{" }}')
