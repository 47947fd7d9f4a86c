"""Checkpoints: whole or not at all."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from pairec_cli.components import checkpoints
from pairec_cli.components.checkpoints import Checkpoint, load, save
from pairec_cli.domain.errors import DataError

WEIGHTS = {
    "model/a.b": torch.arange(6.0).reshape(2, 3),
    "model/c": torch.tensor(2),
    "random": torch.get_rng_state(),
}


def test_tensors_and_facts_come_back(tmp_path: Path) -> None:
    path = tmp_path / "new" / "one.npz"
    save(path, Checkpoint(WEIGHTS, {"step": 3, "best": None}))
    found = load(path)
    assert found.facts == {"format": 1, "step": 3, "best": None}
    assert all(torch.equal(found.tensors[name], tensor) for name, tensor in WEIGHTS.items())
    assert set(found.under("model")) == {"a.b", "c"}
    assert [one.name for one in path.parent.iterdir()] == ["one.npz"]


def test_a_failed_write_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "one.npz"
    save(path, Checkpoint({}, {"step": 1}))

    def full(number: int) -> None:
        raise OSError("no space left on device")

    monkeypatch.setattr(checkpoints.os, "fsync", full)
    with pytest.raises(OSError, match="no space"):
        save(path, Checkpoint(WEIGHTS, {"step": 2}))
    assert load(path).facts["step"] == 1
    assert [one.name for one in tmp_path.iterdir()] == ["one.npz"]


def test_damage_is_told(tmp_path: Path) -> None:
    path = tmp_path / "one.npz"
    save(path, Checkpoint(WEIGHTS, {}))
    whole = path.read_bytes()
    flipped = bytearray(whole)
    flipped[whole.index(WEIGHTS["model/a.b"].numpy().tobytes()) + 5] ^= 1
    for damaged in (whole[: len(whole) // 2], bytes(flipped), b"", b"nothing of the kind"):
        path.write_bytes(damaged)
        with pytest.raises(DataError, match=r"one.npz is damaged or no checkpoint"):
            load(path)


def test_foreign_files_are_told(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="there is no checkpoint"):
        load(tmp_path / "gone.npz")
    np.savez(tmp_path / "other.npz", weights=np.zeros(2))
    with pytest.raises(DataError, match=r"other.npz is damaged or no checkpoint"):
        load(tmp_path / "other.npz")
    save(tmp_path / "later.npz", Checkpoint({}, {"format": 2}))
    with pytest.raises(DataError, match="format 2, this version reads 1"):
        load(tmp_path / "later.npz")
