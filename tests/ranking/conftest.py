"""A world to run the ranking's nodes in."""

from __future__ import annotations

from tests.features.conftest import MakeWorld, make_world

__all__ = ["MakeWorld", "make_world"]
