"""A world of the demo's solution."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from pairec_cli.domain.solution import Solution
from tests.features.world import World

MakeWorld = Callable[[Solution], World]


@pytest.fixture
def make_world(tmp_path: Path) -> Iterator[MakeWorld]:
    """Makes a world for a solution; its engine is closed afterwards."""
    made: list[World] = []

    def make(solution: Solution) -> World:
        made.append(World(tmp_path / str(len(made)), solution))
        return made[-1]

    yield make
    for world in made:
        world.close()
