"""The reference: a bare Jinja2 loop that writes ten files a unit. Nothing is checked, quoted, derived or hashed.

Arguments: a JSON file with the contexts, and the folder to write to. Prints, as JSON, the seconds that it took to read
the contexts (a real script would have its values from somewhere) and to render and write.
"""

import json
import sys
import time
from pathlib import Path

import jinja2


def write(contexts: list[dict[str, dict[str, str]]], target: str) -> None:
    """Write target/clusters/<region>/<service>/<kind>.yaml for every context."""
    folder = Path(__file__).parent / "templates"
    environment = jinja2.Environment(  # noqa: S701  (it writes YAML, not HTML)
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    templates = []
    for file in sorted(folder.glob("*.yaml.j2")):
        name = "deployment.yaml" if file.name == "workload.yaml.j2" else file.name.removesuffix(".j2")
        templates.append((name, environment.from_string(file.read_text("utf-8"))))
    for context in contexts:
        path = f"{target}/clusters/{context['region']['name']}/{context['service']['name']}"
        Path(path).mkdir(parents=True)
        for name, template in templates:
            with open(f"{path}/{name}", "w", encoding="utf-8") as output:  # noqa: PTH123  (a Path each would cost more)
                output.write(template.render(context))


def main() -> None:
    started = time.perf_counter()
    contexts = json.loads(Path(sys.argv[1]).read_bytes())
    read = time.perf_counter()
    write(contexts, sys.argv[2])
    print(json.dumps({"read": read - started, "loop": time.perf_counter() - read}))


if __name__ == "__main__":
    main()
