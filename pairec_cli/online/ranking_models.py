"""Ranking models in service: a folder with current.json, the model it names, one call for all candidates.

<name>/current.json              {"model": ds, "items": ds, "timezone": …, "user_id": …, "item_id": …}
<name>/<model ds>/               model.onnx, model.json, vocabulary/
<name>/<model ds>/items-<ds>/    the item snapshot
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from pairec_cli.domain.errors import DataError, PairecError
from pairec_cli.online.current_model import CurrentModel
from pairec_cli.online.feature_values import cleaned
from pairec_cli.online.in_service import CURRENT, InService
from pairec_cli.online.item_snapshot import ItemSnapshot
from pairec_cli.online.model_description import GRAPH_FILE, HINT, ModelDescription
from pairec_cli.online.request_encoding import RequestEncoder, Values, clock

_ERRORS_ONLY = 3


class RankingModel:
    """A model with its items, loaded. Safe to share between threads."""

    def __init__(self, folder: Path, service: InService, threads: int = 1) -> None:
        """`folder` holds the days of the model. Raises DataError for files that are missing, damaged, or of
        another version."""
        self.service = service
        self.description = ModelDescription.read(folder / service.model)
        items = ItemSnapshot(service.snapshot(folder), self.description)
        self.encoder = RequestEncoder(self.description, items, service.item_id)
        try:
            self.zone = ZoneInfo(service.timezone)
        except (KeyError, ValueError) as error:
            raise DataError(f"{folder / CURRENT} has no time zone {service.timezone!r}", hint=HINT) from error
        self.session = open_session(self.description, threads)
        self._taken = [one.name for one in self.session.get_inputs()]
        """An export leaves out what the graph does not use."""

    @property
    def outputs(self) -> tuple[str, ...]:
        return self.description.outputs

    def score(
        self, uid: str, user: Values, request: Values, now: int, candidates: Sequence[str]
    ) -> dict[str, NDArray[np.float32]]:
        """Output name → a score per candidate, (N,). `user` is what the views hold of user `uid`, `request`
        what the request itself says, `now` Unix seconds. Raises PairecError when the model gives no finite
        numbers."""
        if not candidates:
            return {name: np.zeros(0, np.float32) for name in self.outputs}
        context = {name: cleaned(value) for name, value in request.items()} | clock(now, self.zone)
        user = {**user, self.service.user_id: uid}
        return self.run(self.encoder.encode(user, context, now, candidates), len(candidates))

    def run(self, arrays: Mapping[str, NDArray[Any]], count: int) -> dict[str, NDArray[np.float32]]:
        """One call of the graph. Raises PairecError when it fails."""
        try:
            answers = self.session.run(list(self.outputs), {name: arrays[name] for name in self._taken})
        except Exception as error:  # onnxruntime's errors have no common root
            raise PairecError(f"model {self._title} failed: {first_line(error)}", hint=HINT) from error
        scores = dict(zip(self.outputs, answers, strict=True))
        for name, values in scores.items():
            if values.shape != (count,):
                raise PairecError(f"{name} of model {self._title} is {values.shape}, not {(count,)}")
            if not np.isfinite(values).all():
                raise PairecError(f"{name} of model {self._title} is not finite", hint=HINT)
        return scores

    @property
    def _title(self) -> str:
        return f"{self.description.name} of {self.description.ds}"


class ServedModel(CurrentModel[RankingModel]):
    """The ranking model in service in a folder."""

    def __init__(self, folder: Path, threads: int = 1) -> None:
        super().__init__(folder, lambda place, service: RankingModel(place, service, threads))


def open_session(description: ModelDescription, threads: int) -> onnxruntime.InferenceSession:
    """The graph, ready to run, on `threads` threads. Raises DataError for one that this onnxruntime cannot
    run, and for one whose inputs and outputs are not those of model.json."""
    path = description.folder / GRAPH_FILE
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads, options.inter_op_num_threads = threads, 1
    options.log_severity_level = _ERRORS_ONLY
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    try:
        session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    except Exception as error:  # onnxruntime's errors have no common root
        raise DataError(f"{path} cannot be run: {first_line(error)}", hint=HINT) from error
    taken = {one.name for one in session.get_inputs()}
    given = {one.name for one in session.get_outputs()}
    if not taken <= set(description.inputs) or not set(description.outputs) <= given:
        raise DataError(f"{path} has other inputs or outputs than its model.json", hint=HINT)
    return session


def first_line(error: Exception) -> str:
    """What onnxruntime says, without its further lines."""
    return (str(error).strip().splitlines() or [type(error).__name__])[0]
