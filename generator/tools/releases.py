"""Downloads the official release of a tool: bounded, resumable, and believed for nothing but its checksum."""

import hashlib
import http.client
import shutil
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import IO
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import HTTPRedirectHandler, Request, build_opener

from generator.base.errors import GenError
from generator.tools.pins import Release

# Seconds to connect, and between two pieces: who cannot reach the host shall not wait for the build that follows.
_TIMEOUT = 6.0
# Bytes: four times the largest release here (Prometheus), so that a host gone wrong cannot fill the disk.
_LARGEST = 512 * 2**20
_PIECE = 2**20
_PIECES_TOLD = 32  # pieces between two lines of progress
_TRIES = 5  # of a transfer that breaks off but gets on each time
_LOOPBACK = ("127.0.0.1", "::1", "localhost")
_RANGE_NOT_SATISFIABLE = 416


class UnavailableError(Exception):
    """The release cannot be had from here, for the reason given; something else may do."""


class _BrokenOffError(Exception):
    """The transfer broke off; what came of it is kept."""


def fetch_release(release: Release, part: Path, progress: Callable[[str], None]) -> None:
    """Fill the file `part` with a release, going on where an earlier try broke off.

    UnavailableError when the host is not reached or does not give it; GenError when what came is not what was pinned.
    """
    part.parent.mkdir(parents=True, exist_ok=True)
    for _ in range(_TRIES):
        before = _size(part)
        if before and _sha256(part) == release.sha256:  # whole already: only the unpacking was cut short
            return
        try:
            _append(release.url, part, progress)
        except _BrokenOffError as why:
            if _size(part) <= before:
                raise UnavailableError(f"{release.url}: {why}") from why
            continue
        check(part, release)
        return
    raise UnavailableError(f"{release.url}: broke off {_TRIES} times; what came is kept for the next time")


def check(file: Path, release: Release) -> None:
    """Raise GenError, and drop the file, unless it has the pinned checksum."""
    actual = _sha256(file)
    if actual != release.sha256:
        file.unlink()
        raise GenError(
            f"{release.url}: the sha256 is {actual}, the pin says {release.sha256}. "
            "What was downloaded is not what was pinned, so it is not used. "
            "Try again; if it stays so, build from the pinned module with --no-downloads, and report it."
        )


def unpack_release(file: Path, release: Release, target: Path) -> None:
    """Write the program of a release (a .tar.gz, a .zip or the program itself) to the file `target`; it can be run."""
    try:
        if release.url.endswith(".tar.gz"):
            with tarfile.open(file, "r:gz") as tar:
                member = tar.getmember(release.member)
                _save(tar.extractfile(member) if member.isfile() else None, release, target)
        elif release.url.endswith(".zip"):
            with zipfile.ZipFile(file) as archive, archive.open(release.member) as inside:
                _save(inside, release, target)
        else:
            shutil.copyfile(file, target)
    except KeyError as error:
        raise _misplaced(release) from error
    target.chmod(0o755)


def _save(source: IO[bytes] | None, release: Release, target: Path) -> None:
    if source is None:
        raise _misplaced(release)
    with target.open("wb") as file:
        while piece := source.read(_PIECE):
            file.write(piece)
            _bound(file.tell(), release.url)


def _misplaced(release: Release) -> GenError:
    return GenError(f"{release.url}: no file {release.member!r} in it. Correct `member` in pins.toml.")


def _append(url: str, part: Path, progress: Callable[[str], None]) -> None:
    """Add to `part` what it lacks, or write it anew when the server knows no ranges."""
    offset = _size(part)
    response = _open(url, offset)
    with response:
        resumed = response.status == http.HTTPStatus.PARTIAL_CONTENT
        if resumed and not response.headers.get("Content-Range", "").startswith(f"bytes {offset}-"):
            raise UnavailableError(f"{url}: the server answers with another range than it was asked for")
        length = response.headers.get("Content-Length")
        total = int(length) + (offset if resumed else 0) if length else None
        _bound(total or 0, url)
        with part.open("ab" if resumed else "wb") as file:
            pieces = 0
            while piece := _read(response):
                file.write(piece)
                _bound(file.tell(), url)
                pieces += 1
                if total and not pieces % _PIECES_TOLD:
                    progress(f"{url}: {file.tell() >> 20} of {total >> 20} MiB")
            if total is not None and file.tell() < total:
                raise _BrokenOffError(f"broke off after {file.tell()} of {total} bytes")


def _open(url: str, offset: int) -> http.client.HTTPResponse:
    _check_address(url)
    request = Request(url, headers={"Range": f"bytes={offset}-"} if offset else {})  # noqa: S310  (checked above)
    try:
        response: http.client.HTTPResponse = build_opener(_SafeRedirects).open(request, timeout=_TIMEOUT)
    except HTTPError as error:
        error.close()
        if offset and error.code == _RANGE_NOT_SATISFIABLE:  # what we have is longer than what there is
            return _open(url, 0)
        raise UnavailableError(f"{url}: HTTP {error.code} {error.reason}") from error
    except (OSError, http.client.HTTPException) as error:
        reason = error.reason if isinstance(error, URLError) else error
        raise UnavailableError(f"{url}: not reached ({reason})") from error
    return response


def _read(response: http.client.HTTPResponse) -> bytes:
    try:
        return response.read1(_PIECE)
    except (OSError, http.client.HTTPException) as error:
        raise _BrokenOffError(f"broke off ({error})") from error


class _SafeRedirects(HTTPRedirectHandler):
    """Follows no redirect to an address that could be read or changed on the way."""

    def redirect_request(
        self, req: Request, fp: IO[bytes], code: int, msg: str, headers: http.client.HTTPMessage, newurl: str
    ) -> Request | None:
        _check_address(newurl)
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def _check_address(url: str) -> None:
    """Raise UnavailableError unless the address is https, or http on this very machine."""
    parts = urlsplit(url)
    if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in _LOOPBACK):
        raise UnavailableError(f"{url}: not an https address")


def _bound(size: int, url: str) -> None:
    if size > _LARGEST:
        raise GenError(f"{url}: over {_LARGEST >> 20} MiB, which no release here is. Correct the address in pins.toml.")


def _size(file: Path) -> int:
    return file.stat().st_size if file.is_file() else 0


def _sha256(file: Path) -> str:
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
