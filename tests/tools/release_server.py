"""A server of releases on loopback, whose manners a test chooses, and archives to serve."""

import io
import tarfile
import threading
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class Manners:
    """How the server answers: what it has, what it breaks off after, and what it was asked for."""

    body: bytes = b""
    status: int = 200
    ranges: bool = True
    cut_after: int | None = None  # bytes of each answer
    location: str = ""
    asked: list[str] = field(default_factory=list)  # the Range of each request, "" for none


@contextmanager
def serving(manners: Manners) -> Iterator[str]:
    """Serve in the background and yield the address, which ends in a slash."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            _answer(self, manners)

        def log_message(self, *_: object) -> None:
            """Keep quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _answer(request: BaseHTTPRequestHandler, manners: Manners) -> None:
    wanted = request.headers.get("Range", "")
    manners.asked.append(wanted)
    start = int(wanted.removeprefix("bytes=").rstrip("-")) if wanted and manners.ranges else 0
    if manners.location:
        request.send_response(302)
        request.send_header("Location", manners.location)
        request.end_headers()
        return
    if manners.status != 200 or start > len(manners.body):
        request.send_error(manners.status if manners.status != 200 else 416)
        return
    rest = manners.body[start:]
    request.send_response(206 if start else 200)
    if start:
        request.send_header("Content-Range", f"bytes {start}-{len(manners.body) - 1}/{len(manners.body)}")
    request.send_header("Content-Length", str(len(rest)))
    request.end_headers()
    request.wfile.write(rest[: manners.cut_after])


def tar_gz(members: dict[str, bytes]) -> bytes:
    """Return a .tar.gz of files."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        for name, data in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return buffer.getvalue()


def zipped(members: dict[str, bytes]) -> bytes:
    """Return a .zip of files."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return buffer.getvalue()
