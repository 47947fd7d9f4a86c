"""Stable digests of texts, values and files."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path


def of_text(*parts: str) -> str:
    """A 16-hex-digit digest of the parts; ("ab","c") and ("a","bc") differ."""
    digest = hashlib.sha256()
    for part in parts:
        raw = part.encode()
        digest.update(len(raw).to_bytes(8, "big"))
        digest.update(raw)
    return digest.hexdigest()[:16]


def of_value(value: object) -> str:
    """A digest of a JSON-like value, independent of key order."""
    return of_text(json.dumps(value, sort_keys=True, default=str, ensure_ascii=False))


def of_file(path: Path) -> str:
    """A digest of a file's bytes."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()[:16]
