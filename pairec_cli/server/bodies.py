"""Bodies of bounded size, also when they are compressed."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterable

from starlette.requests import Request
from starlette.types import Receive

from pairec_cli.domain.errors import InvalidInput, PairecError

_WINDOWS = {"gzip": 31, "x-gzip": 31, "deflate": 15}
_FRAMES = ("zstd", "lz4")
_WORTH_PACKING = 1_000
"""Answers of so many bytes are compressed for callers that take it."""


class TooLarge(PairecError):
    """The body is larger than allowed, packed or unpacked."""


class UnknownEncoding(PairecError):
    """The body is packed in a way that is not served."""


async def body_of(request: Request, limit: int) -> bytes:
    """At most `limit` bytes, unpacked. Raises TooLarge, UnknownEncoding, InvalidInput for a torn body."""
    declared, encoding = _told(request.scope["headers"])
    if declared.isdigit() and int(declared) > limit:
        raise TooLarge(f"the body is larger than {limit} bytes")
    body = await _whole(request.receive, limit)
    return body if encoding in ("", "identity") else _unpacked(body, encoding, limit)


def _told(headers: Iterable[tuple[bytes, bytes]]) -> tuple[bytes, str]:
    """The length and the encoding that the caller names first. The framework would first make texts of all
    headers."""
    length, encoding = b"", b""
    for name, value in headers:
        if name == b"content-length":
            length = length or value
        elif name == b"content-encoding":
            encoding = encoding or value
    return length, encoding.decode("latin-1").strip().lower()


async def _whole(receive: Receive, limit: int) -> bytes:
    """The messages of one body. Raises as `body_of`, which has no need of the framework's stream: most bodies
    are one message."""
    body, more = b"", True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise InvalidInput("the caller went away")
        body += message.get("body", b"")
        if len(body) > limit:
            raise TooLarge(f"the body is larger than {limit} bytes")
        more = message.get("more_body", False)
    return body


def _unpacked(body: bytes, encoding: str, limit: int) -> bytes:
    if encoding in _WINDOWS:
        found, whole = _inflated(body, encoding, limit + 1)
    elif encoding in _FRAMES:
        found, whole = _from_frames(body, encoding, limit + 1), True
    else:
        known = ", ".join((*_WINDOWS, *_FRAMES))
        raise UnknownEncoding(f"bodies in {encoding!r} are not read; known: {known}")
    if len(found) > limit:
        raise TooLarge(f"the body is larger than {limit} bytes")
    if not whole:
        raise InvalidInput(f"the {encoding} body ends too soon")
    return found


def _inflated(body: bytes, encoding: str, most: int) -> tuple[bytes, bool]:
    """At most so many bytes, and whether the body came to its end."""
    reader = zlib.decompressobj(_WINDOWS[encoding])
    try:
        return reader.decompress(body, most), reader.eof
    except zlib.error as error:
        raise InvalidInput(f"the body is not {encoding}: {error}") from error


def _from_frames(body: bytes, encoding: str, most: int) -> bytes:
    """At most so many bytes. Raises InvalidInput for a body that is none, or torn."""
    import pyarrow as pa  # loaded by the first such body: it takes a tenth of a second

    try:
        with pa.CompressedInputStream(pa.BufferReader(body), encoding) as reader:
            found: bytes = reader.read(most)
    except (OSError, ValueError) as error:
        raise InvalidInput(f"the body is not {encoding}: {error}") from error
    return found


def packed(body: bytes, request: Request) -> tuple[bytes, dict[str, str]]:
    """The answer's body and headers, compressed by the first known encoding that the caller names, where
    it is worth it."""
    accepted = request.headers.get("accept-encoding", "")
    if len(body) < _WORTH_PACKING or not accepted:
        return body, {}
    encoding = next(filter(None, map(_taken, accepted.lower().split(","))), "")
    if not encoding:
        return body, {}
    headers = {"content-encoding": encoding, "vary": "accept-encoding"}
    if encoding == "gzip":
        return gzip.compress(body, compresslevel=1, mtime=0), headers
    return _in_frames(body, encoding), headers


def _taken(asked: str) -> str:
    """The encoding of one entry of Accept-Encoding; empty for one that is refused or not known."""
    name, _, weight = (part.strip() for part in asked.partition(";"))
    refused = weight.replace(" ", "") in ("q=0", "q=0.0", "q=0.00", "q=0.000")
    return name if name in ("gzip", *_FRAMES) and not refused else ""


def _in_frames(body: bytes, encoding: str) -> bytes:
    import pyarrow as pa

    sink = pa.BufferOutputStream()
    with pa.CompressedOutputStream(sink, encoding) as writer:
        writer.write(body)
    found: bytes = sink.getvalue().to_pybytes()
    return found
