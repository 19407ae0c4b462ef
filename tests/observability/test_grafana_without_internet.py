"""Grafana has what its image has: it fetches and updates no plugin."""

import re
from pathlib import Path

from rendering import CHECKOUT, example_workspace, render


def test_grafana_neither_installs_plugins_nor_updates_those_of_its_image(tmp_path: Path) -> None:
    example = CHECKOUT / "templates" / "observability" / "grafana" / "examples" / "valid" / "alone.yaml"
    rendered = render(example_workspace(example, tmp_path), "shop", "example")
    deployment = rendered.objects["clusters/us-west-2/grafana/deployment.yaml"]
    (container,) = deployment["spec"]["template"]["spec"]["containers"]
    said = {item["name"]: item.get("value") for item in container["env"]}
    assert said["GF_PLUGINS_PREINSTALL_DISABLED"] == "true"
    assert said["GF_PLUGINS_PREINSTALL_AUTO_UPDATE"] == "false"
    # An update would end in a running plugin stopped: the image cannot be written to.
    assert container["securityContext"]["readOnlyRootFilesystem"] is True
    assert not [name for name in said if re.match(r"GF_(INSTALL_PLUGINS|PLUGINS_PREINSTALL(_SYNC)?$)", name)]
