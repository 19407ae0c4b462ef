"""Where the data files of the distribution lie: in the wheel beside the package, in a checkout at its top level."""

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent.parent


def data_root() -> Path:
    """Return the folder that holds `templates/` and `schemas/`."""
    bundled = _PACKAGE / "data"
    return bundled if bundled.is_dir() else _PACKAGE.parent
