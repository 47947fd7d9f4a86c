"""Bodies of bounded size, also when they are compressed."""

from __future__ import annotations

import gzip
import zlib

from starlette.requests import ClientDisconnect, Request

from pairec_cli.domain.errors import InvalidInput, PairecError

_WINDOWS = {"gzip": 31, "x-gzip": 31, "deflate": 15}
_WORTH_PACKING = 1_000
"""Answers of so many bytes are compressed for callers that take it."""


class TooLarge(PairecError):
    """The body is larger than allowed, packed or unpacked."""


class UnknownEncoding(PairecError):
    """The body is packed in a way that is not served."""


async def body_of(request: Request, limit: int) -> bytes:
    """At most `limit` bytes, unpacked. Raises TooLarge, UnknownEncoding, InvalidInput for a torn body."""
    declared = request.headers.get("content-length", "")
    if declared.isdigit() and int(declared) > limit:
        raise TooLarge(f"the body is larger than {limit} bytes")
    pieces, size = [], 0
    try:
        async for piece in request.stream():
            size += len(piece)
            if size > limit:
                raise TooLarge(f"the body is larger than {limit} bytes")
            pieces.append(piece)
    except ClientDisconnect as error:
        raise InvalidInput("the caller went away") from error
    body = b"".join(pieces)
    encoding = request.headers.get("content-encoding", "").strip().lower()
    return body if encoding in ("", "identity") else _unpacked(body, encoding, limit)


def _unpacked(body: bytes, encoding: str, limit: int) -> bytes:
    window = _WINDOWS.get(encoding)
    if window is None:
        raise UnknownEncoding(f"bodies in {encoding!r} are not read; known: {', '.join(_WINDOWS)}")
    reader = zlib.decompressobj(window)
    try:
        found = reader.decompress(body, limit + 1)
    except zlib.error as error:
        raise InvalidInput(f"the body is not {encoding}: {error}") from error
    if len(found) > limit:
        raise TooLarge(f"the body is larger than {limit} bytes")
    if not reader.eof:
        raise InvalidInput(f"the {encoding} body ends too soon")
    return found


def packed(body: bytes, request: Request) -> tuple[bytes, dict[str, str]]:
    """The answer's body and headers, compressed where the caller takes gzip and it is worth it."""
    accepted = request.headers.get("accept-encoding", "")
    if len(body) < _WORTH_PACKING or "gzip" not in accepted.lower():
        return body, {}
    headers = {"content-encoding": "gzip", "vary": "accept-encoding"}
    return gzip.compress(body, compresslevel=1, mtime=0), headers
