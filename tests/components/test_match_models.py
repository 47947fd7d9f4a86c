"""Which models have two towers."""

from __future__ import annotations

import pytest

from pairec_cli.components.dssm import DSSM
from pairec_cli.components.match_models import match_model
from pairec_cli.components.mind import MIND
from pairec_cli.domain.errors import NotFound
from tests.components.towers import config


def test_models_are_found_by_their_name_in_the_config() -> None:
    assert isinstance(match_model(config("dssm")), DSSM)
    assert isinstance(match_model(config("mind")), MIND)


def test_a_ranking_model_has_no_towers() -> None:
    found = config()
    assert found.model is not None
    other = found.model_copy(update={"model": found.model.model_copy(update={"dssm": None})})
    with pytest.raises(NotFound, match="two towers"):
        match_model(other)
