"""The h1 checksum of a Go module, computed from the bytes of its zip."""

import base64
import hashlib
import zipfile
from pathlib import Path


def h1(module_zip: Path) -> str:
    """Return the checksum of a module's zip as go.sum writes it ("h1:...").

    Source: golang.org/x/mod/sumdb/dirhash, Hash1: the SHA-256 of lines "<sha256 of a file>  <its name>", by name.
    """
    total = hashlib.sha256()
    with zipfile.ZipFile(module_zip) as archive:
        for name in sorted(archive.namelist()):
            with archive.open(name) as file:
                digest = hashlib.file_digest(file, "sha256").hexdigest()  # type: ignore[arg-type]
            total.update(f"{digest}  {name}\n".encode())
    return f"h1:{base64.b64encode(total.digest()).decode()}"
