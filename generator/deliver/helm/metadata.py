"""Chart.yaml and .helmignore of charts."""

from collections.abc import Sequence

from generator.deliver.helm.comments import header
from generator.spec.model import Platform
from generator.templating import emit

_IGNORED = """\
# What no package and no release holds. The values of regions are passed with -f, which reads the file itself.
.git/
.DS_Store
*.bak
*.swp
*.tmp
*~
/values-*.yaml
"""
# Only the umbrella's own file counts for what lies below charts/.
_IGNORED_BELOW = """\
charts/*/values-*.yaml
charts/*/.helmignore
"""


def chart_yaml(
    name: str,
    description: str,
    version: str,
    app_version: str,
    kubernetes: str,
    dependencies: Sequence[tuple[str, str]],
) -> str:
    """Return the text of Chart.yaml, after its header; dependencies are (name, version), each unpacked under charts/.

    https://helm.sh/docs/topics/charts/#the-chartyaml-file
    """
    fields: dict[str, object] = {
        "apiVersion": "v2",
        "name": name,
        "description": description,
        "type": "application",
        "version": version,
    }
    text = emit.dump({key: value for key, value in fields.items() if value})
    if app_version:
        text += f"appVersion: {_quoted(app_version)}\n"
    # "-0": clouds name their versions like pre-releases (v1.36.2-gke.100).
    text += f'kubeVersion: ">= {kubernetes}.0-0"\n'
    if dependencies:
        entries = [
            {"name": dependency, "version": its, "condition": f"{dependency}.enabled"}
            for dependency, its in sorted(dependencies)
        ]
        text += emit.dump({"dependencies": entries})
    return text


def release_namespace(platform: Platform) -> str:
    """Return the namespace in which Helm keeps the releases of a platform: that of its first service, if it has any."""
    services = platform.services[platform.regions[0].name].values()
    return next((service.namespace for service in services), platform.name)


def helmignore(*, umbrella: bool) -> str:
    """Return the text of .helmignore."""
    return _IGNORED + _IGNORED_BELOW if umbrella else _IGNORED


def owned(platform: str, *paragraphs: str) -> str:
    """Return the comment at the top of a file that gen owns."""
    return header([*paragraphs, f"Rendered by gen: to change it, edit environments/{platform}/ and render again."])


def _quoted(text: str) -> str:
    """Return a string in quotes whatever it holds: people take an unquoted 1.10 for a number."""
    plain = emit.scalar(text)
    return plain if plain[0] in "\"'" or '"' in plain or "\\" in plain else f'"{plain}"'
