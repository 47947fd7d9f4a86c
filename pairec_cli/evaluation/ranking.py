"""Metrics of predicted values: AUC, AUC by user, log loss, squared and absolute error.

All are exact: no bins, ties count one half. A metric that the rows do not define (one class only, no rows)
is None.

    auc          P(score of a positive > score of a negative) + ½ P(equal), after Mann and Whitney (1947)
    grouped auc  the mean of auc over the groups that hold both classes: each counts the same (TorchEasyRec's
                 grouped_auc), or by its number of rows (Zhou et al., "Deep interest network for click-through
                 rate prediction", KDD 2018, section 5.2)
    log loss     mean of ln(1 + e^z) - y·z over logits z and labels y in [0, 1]

A label above one half is a positive.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

Values = npt.NDArray[np.floating[Any]]
Groups = npt.NDArray[np.integer[Any]]


def auc(labels: Values, scores: Values) -> float | None:
    """Of all rows, each (n,). Raises ValueError for NaN or arrays of different length."""
    return grouped_auc(labels, scores, np.zeros(len(labels), np.int64))


def grouped_auc(labels: Values, scores: Values, groups: Groups, *, weighted: bool = False) -> float | None:
    """Mean over the groups, each array (n,). Raises ValueError for NaN or arrays of different length."""
    _check(labels, scores, groups)
    order = np.lexsort((scores, groups))
    scores, groups, positive = scores[order], groups[order], labels[order] > 0.5
    first = _starts(groups)
    number = np.cumsum(first) - 1
    rank = _tied_ranks(first | _starts(scores)) - np.flatnonzero(first)[number]
    positives = np.bincount(number, positive)
    rows = np.bincount(number)
    pairs = positives * (rows - positives)
    known = pairs > 0
    if not known.any():
        return None
    won = np.bincount(number, rank * positive) - positives * (positives + 1) / 2
    return float(np.average(won[known] / pairs[known], weights=rows[known] if weighted else None))


def log_loss(labels: Values, logits: Values) -> float | None:
    """Mean in nats, each array (n,). Raises ValueError for NaN or arrays of different length."""
    _check(labels, logits)
    logits = logits.astype(np.float64)
    return float(np.mean(np.logaddexp(0, logits) - labels * logits)) if len(labels) else None


def mean_squared_error(labels: Values, values: Values) -> float | None:
    """Each array (n,). Raises ValueError for NaN or arrays of different length."""
    _check(labels, values)
    return float(np.mean((labels.astype(np.float64) - values) ** 2)) if len(labels) else None


def mean_absolute_error(labels: Values, values: Values) -> float | None:
    """Each array (n,). Raises ValueError for NaN or arrays of different length."""
    _check(labels, values)
    return float(np.mean(np.abs(labels.astype(np.float64) - values))) if len(labels) else None


def _check(labels: Values, values: Values, groups: Groups | None = None) -> None:
    if (
        labels.shape != values.shape
        or labels.ndim != 1
        or (groups is not None and groups.shape != labels.shape)
    ):
        raise ValueError("labels, values and groups must be one-dimensional and of the same length")
    if np.isnan(labels).any() or np.isnan(values).any():
        raise ValueError("labels and values must not be NaN")


def _starts(values: npt.NDArray[Any]) -> npt.NDArray[np.bool_]:
    """True where a sorted array's value differs from the one before, and at the first place."""
    return np.concatenate((np.ones(min(1, len(values)), bool), values[1:] != values[:-1]))


def _tied_ranks(first: npt.NDArray[np.bool_]) -> npt.NDArray[np.float64]:
    """Ranks from 1 over the whole array. `first` marks where a run begins; its rows share their mean rank."""
    begin = np.flatnonzero(first)
    end = np.append(begin[1:], len(first))
    return np.repeat((begin + end + 1) / 2, end - begin)
