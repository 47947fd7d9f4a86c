"""The demo's world, with PAI commands run by our components."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from pairec_cli.domain.solution import Solution
from pairec_cli.workflow.pai import run_component
from tests.features.world import World

MakeWorld = Callable[[Solution], World]


@pytest.fixture
def make_world(tmp_path: Path) -> Iterator[MakeWorld]:
    made: list[World] = []

    def make(solution: Solution) -> World:
        made.append(World(tmp_path / str(len(made)), solution, run_component))
        return made[-1]

    yield make
    for world in made:
        world.close()
