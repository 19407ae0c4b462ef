"""What the documentation says of the sources of CRDs is what `gen tools schemas` prints."""

import os
from pathlib import Path

from click.testing import CliRunner
from provisioned import real_toolbox

from generator.cli.tools import command
from generator.tools.coverage import Coverage, table
from generator.tools.pins import load_pins


def test_the_table_in_the_documentation_is_the_one_that_the_command_prints() -> None:
    real_toolbox()
    result = CliRunner(env=dict(os.environ)).invoke(command, ["schemas"])
    assert result.exit_code == 0
    documented = (Path(__file__).parents[2] / "docs" / "schemas.md").read_text("utf-8")
    assert result.stdout in documented
    assert len(result.stdout.splitlines()) == 2 + len(load_pins().crds)


def test_a_source_is_a_row_of_the_table() -> None:
    source = next(source for source in load_pins().crds if source.name == "istio")
    _, _, row = table([Coverage(source, ("a.example", "b.example"), 2, 3, 4)])
    assert row == "| istio | istio.io/api | v1.31.1 | Apache-2.0 | a.example, b.example | 2 | 3 | 4 |"
