"""Fetches a pinned wheel with pip, and believes only its checksum."""

import hashlib
import importlib.util
import shutil
import zipfile
from pathlib import Path

from generator.base.errors import GenError
from generator.tools.host import Host, run
from generator.tools.pins import Wheel


def fetch_wheel(wheel: Wheel, host: Host, folder: Path) -> Path:
    """Download a wheel into a folder and return its path; GenError when it is not to be had or not what was pinned."""
    wanted = f"{wheel.package}=={wheel.version}"
    host.progress(f"{wanted}: downloading")
    requirements = folder / "requirements.txt"
    requirements.write_text(" ".join([wanted, *(f"--hash=sha256:{digest}" for digest in wheel.sha256)]) + "\n")
    command = [*pip_command(host), "download", "--quiet", "--no-input", "--disable-pip-version-check", "--no-deps"]
    command += ["--only-binary=:all:", "--require-hashes", "--dest", ".", "--requirement", requirements.name]
    run(command, host.environ, folder, f"pip cannot get {wanted}: check the network and pip's index settings.")
    requirements.unlink()
    files = list(folder.glob("*.whl"))
    if len(files) != 1:
        raise GenError(
            f"{wanted}: pip left {len(files)} wheels where one was wanted. Run `pip cache purge`; try again."
        )
    check_sha256(files[0], wheel)
    return files[0]


def check_sha256(file: Path, wheel: Wheel) -> None:
    """Raise GenError unless the file has one of the pinned checksums."""
    with file.open("rb") as stream:
        digest = hashlib.file_digest(stream, "sha256").hexdigest()
    if digest not in wheel.sha256:
        raise GenError(
            f"{wheel.package} {wheel.version}: the wheel's sha256 is {digest}, which is not pinned. "
            "It is not what the project was tested with: ask the package index's owner what was changed."
        )


def unpack(archive: Path, prefix: str, target: Path) -> None:
    """Unpack the members of a zip whose names start with the prefix, keeping which of them can be run."""
    with zipfile.ZipFile(archive) as members:
        for member in members.infolist():
            if member.filename.startswith(prefix):
                path = Path(members.extract(member, target))
                if member.external_attr >> 16 & 0o111:
                    path.chmod(0o755)


def pip_command(host: Host) -> list[str]:
    """Return the command of a pip: the running Python's, else one on PATH (a venv may have been made without).

    GenError when there is neither.
    """
    if importlib.util.find_spec("pip"):
        return [host.python, "-m", "pip"]
    found = shutil.which("pip3", path=host.search_path) or shutil.which("pip", path=host.search_path)
    if not found:
        raise GenError(f"no pip: `{host.python} -m ensurepip` adds it to this Python.")
    return [found]
