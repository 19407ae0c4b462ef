"""NOTES.txt of charts: what Helm tells after it has installed a release."""

from collections.abc import Sequence

from generator.base.characters import visible

_LOOK = """\
Every object of the release, in the namespace that it lives in:

  helm get manifest {{ .Release.Name }} -n {{ .Release.Namespace }} | kubectl get -f -
"""


def chart_notes(notes: Sequence[str], platform: str, environment: str) -> str:
    """Return NOTES.txt of a component's chart; notes are facts on what was installed."""
    parts = [
        "{{ .Chart.Name }} {{ .Chart.Version }} of "
        f"{platform} ({environment}) is installed as part of the release {{{{ .Release.Name }}}}"
        "{{ with .Chart.AppVersion }}, application version {{ . }}{{ end }}.\n",
        *(["".join(f"  - {_literal(note)}\n" for note in notes)] if notes else []),
        _LOOK,
        _owner(platform),
    ]
    return "\n".join(parts)


def umbrella_notes(platform: str, environment: str, region_file: str) -> str:
    """Return NOTES.txt of the chart of a whole platform."""
    parts = [
        f"{platform} ({environment}) {{{{ .Chart.Version }}}} is installed as the release {{{{ .Release.Name }}}}:\n",
        "{{- range $name, $values := .Values }}\n"
        '{{- if and (kindIs "map" $values) (ne $name "global") }}\n'
        "{{- if $values.enabled }}\n"
        "  - {{ $name }}\n"
        "{{- end }}\n"
        "{{- end }}\n"
        "{{- end }}\n",
        _LOOK,
        f"The values of a region come from its file, as in -f {region_file}.\n",
        _owner(platform),
    ]
    return "\n".join(parts)


def _owner(platform: str) -> str:
    return (
        f"gen renders this chart and its values from environments/{platform}/: what should last is changed there.\n"
        "Values of your own go into a file of your own, passed with -f after the region's. Where Argo CD syncs the\n"
        "platform, leave it to Argo CD: it would undo what Helm changes.\n"
    )


def _literal(text: str) -> str:
    """Return a text on one line that a Go template prints as it is."""
    return visible(" ".join(text.split())).replace("{{", '{{ "{{" }}')
