"""Options and the report header of the whole test suite; its folder is on sys.path for the modules that tests share."""

import pytest
from interpreters import report


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--regenerate", action="store_true", help="write the golden trees of tests/golden again")


def pytest_report_header() -> str:
    return report()
