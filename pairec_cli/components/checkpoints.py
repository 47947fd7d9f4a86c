"""Checkpoints: arrays and facts in one file, written whole or not at all.

The file is a NumPy archive (.npz) without pickled objects: every tensor under its name, and the facts as
JSON. The archive's checksums tell a damaged file.
"""

from __future__ import annotations

import json
import os
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from pairec_cli.domain.errors import DataError

FORMAT = 1
FACTS = "facts"


@dataclass(frozen=True)
class Checkpoint:
    """Tensors by name, and JSON facts."""

    tensors: Mapping[str, Tensor]
    facts: Mapping[str, Any]

    def under(self, folder: str) -> dict[str, Tensor]:
        """The tensors named `folder/…`, without the folder."""
        start = f"{folder}/"
        return {name.removeprefix(start): one for name, one in self.tensors.items() if name.startswith(start)}


def save(path: Path, checkpoint: Checkpoint) -> None:
    """Replaces `path`: a crash at any moment leaves the old file or the new one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    arrays: dict[str, Any] = {
        name: tensor.detach().cpu().numpy() for name, tensor in checkpoint.tensors.items()
    }
    facts = json.dumps({"format": FORMAT, **checkpoint.facts}).encode()
    arrays[FACTS] = np.frombuffer(facts, np.uint8)
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with beside.open("wb") as file:
            np.savez(file, allow_pickle=False, **arrays)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)


def load(path: Path) -> Checkpoint:
    """Raises DataError for a file that is missing, damaged, no checkpoint, or of another format."""
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as archive:
            facts = json.loads(archive[FACTS].tobytes())
            tensors = {name: torch.from_numpy(archive[name]) for name in archive.files if name != FACTS}
    except FileNotFoundError:
        raise DataError(f"there is no checkpoint {path}") from None
    except (OSError, EOFError, KeyError, ValueError, TypeError, AttributeError, zipfile.BadZipFile) as error:
        raise DataError(
            f"{path} is damaged or no checkpoint: {error}", hint="delete it, and training starts anew"
        ) from error
    if facts.get("format") != FORMAT:
        raise DataError(
            f"{path} has the checkpoint format {facts.get('format')}, this version reads {FORMAT}",
            hint="delete it, and training starts anew",
        )
    return Checkpoint(tensors, facts)
