"""The form of collaborative metric learning."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from pairec_cli.recall.metric_form import CoMetricLearningConfig, MetricLoss


def test_the_defaults_are_those_that_measure_best() -> None:
    form = CoMetricLearningConfig()
    assert (form.loss.type, form.loss.gamma, form.positive_pairs) == ("circle", 4.0, "clicked")
    assert (form.session, form.unclicked_per_session, form.popularity_power) == ("user", 0, 0.5)


@pytest.mark.parametrize("wrong", [{"session": "week"}, {"session_size": 1}, {"loss": {"type": "triplet"}}])
def test_what_there_is_not_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        CoMetricLearningConfig.model_validate(wrong)


def test_a_loss_has_easyrecs_names() -> None:
    assert set(MetricLoss.model_fields) == {"type", "alpha", "beta", "lamb", "margin", "gamma"}
