"""Talks to the API server over a few connections that stay open, from several threads."""

import http.client
import json
import ssl
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from queue import Empty, SimpleQueue
from typing import Any, TypeVar
from urllib.parse import quote, urlencode

from generator.base.errors import GenError

PARALLEL = 8
"""Requests at once; two cores are busy with four, and more of them do no harm."""
_TIMEOUT = 60.0
_SIZE_LIMIT = 3 * 1024 * 1024
"""Bytes of a request that the API server reads (apiserver, pkg/server/config.go: MaxRequestBodyBytes)."""
_WARNING_PREFIX = '299 - "'

_Item = TypeVar("_Item")
_Result = TypeVar("_Result")


class ClientError(GenError):
    """The server gave no answer."""


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer: HTTP status, the JSON body ({} if it is not JSON), the texts of the Warning headers."""

    status: int
    body: Mapping[str, Any]
    warnings: tuple[str, ...] = ()

    @property
    def message(self) -> str:
        """Return the server's words, or ""."""
        said = self.body.get("message")
        return said if isinstance(said, str) else ""


@dataclass(frozen=True, slots=True)
class Client:
    """Connections to the API server on a loopback port; last_words returns its log's end, for errors."""

    port: int
    context: ssl.SSLContext
    token: str = field(repr=False)
    last_words: Callable[[], str]
    _idle: "SimpleQueue[http.client.HTTPSConnection]" = field(default_factory=SimpleQueue, repr=False)

    def request(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        media: str = "application/json",
        accept: str = "application/json",
    ) -> Reply:
        """Return the server's answer; the body is bytes, or a value that goes as JSON. ClientError if there is none."""
        content = body if isinstance(body, bytes) or body is None else _compact(body)
        if content is not None and len(content) > _SIZE_LIMIT:  # the server says so too, but closes while we send
            said = f"Request entity too large: limit is {_SIZE_LIMIT}"
            return Reply(413, {"reason": "RequestEntityTooLarge", "message": said})
        headers = {"Authorization": f"Bearer {self.token}", "Accept": accept, "Content-Type": media}
        try:
            connection = self._idle.get_nowait()
        except Empty:
            connection = http.client.HTTPSConnection("127.0.0.1", self.port, timeout=_TIMEOUT, context=self.context)
        try:
            connection.request(method, path, content, headers)
            response = connection.getresponse()
            data = response.read()
        except (OSError, http.client.HTTPException) as error:
            connection.close()
            raise ClientError(
                f"The API server for admission gave no answer ({error!r}).\n{self.last_words()}"
            ) from error
        self._idle.put(connection)
        return Reply(response.status, _json(data), tuple(_warnings(response.headers.get_all("Warning") or ())))

    def each(self, work: Callable[[_Item], _Result], items: Iterable[_Item]) -> list[_Result]:
        """Return what the work returns for each item, in their order, several at once."""
        with ThreadPoolExecutor(PARALLEL) as pool:
            return list(pool.map(work, items))

    def close(self) -> None:
        """Close the connections."""
        while True:
            try:
                self._idle.get_nowait().close()
            except Empty:
                return


def url(base: str, *segments: str, **query: str) -> str:
    """Return a path below a base, its segments escaped, with a query."""
    path = "/".join([base, *(quote(segment, safe=":") for segment in segments)])
    return f"{path}?{urlencode(query)}" if query else path


def _compact(body: Any) -> bytes:
    return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()


def _json(data: bytes) -> Mapping[str, Any]:
    try:
        loaded = json.loads(data)
    except ValueError:
        return {"message": data.decode(errors="replace").strip()}
    return loaded if isinstance(loaded, dict) else {}


def _warnings(headers: Iterable[str]) -> Iterable[str]:
    """Yield the texts of Warning headers: `299 - "text"`, with a backslash before a quote (RFC 7234, 5.5)."""
    for header in headers:
        if header.startswith(_WARNING_PREFIX):
            yield header[len(_WARNING_PREFIX) :].rstrip('"').replace('\\"', '"').replace("\\\\", "\\")
