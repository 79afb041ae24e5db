"""Slices: the same means for each value of a column, with an interval for the accuracy and baselines beside it."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from statistics import NormalDist
from typing import Any

import numpy as np
import pyarrow as pa

from medreward.errors import InputError
from medreward.rewards.base import Floats
from medreward.scoring.cells import as_bytes
from medreward.scoring.outcome_columns import by_name, group_codes, numbers_of, right_of
from medreward.text.buffer import Ints, Mask

__all__ = ["Slice", "interval", "slices_of", "whole_slice"]

_MOST = 10_000
"""Slices beyond which a column is no column of slices."""


@dataclass(frozen=True)
class Slice:
    """The rows that have one value in a column.

    Args:
        value: that value as text; None for null.
        rows: how many rows.
        means: the mean of ``reward`` and of every ``reward_<component>``, over the rows that have one.
        judged: rows with a gold that names an option of theirs.
        right: rows of those whose answer is the gold, however it is stated and formatted.
        accuracy: ``right / judged``.
        low: the lower end of the accuracy's 95 % interval.
        high: the upper end.
        golds: how often each label is gold, of the judged rows.
        answers: how often each label is the answer, of the judged rows; those without an answer are not counted.
        constant_letter: the label that is gold most often.
        constant_accuracy: what always answering that label would score.
        guess_accuracy: what guessing among the options offered would score.
    """

    value: str | None
    rows: int
    means: dict[str, float | None]
    judged: int = 0
    right: int = 0
    accuracy: float | None = None
    low: float | None = None
    high: float | None = None
    golds: dict[str, int] = field(default_factory=dict)
    answers: dict[str, int] = field(default_factory=dict)
    constant_letter: str | None = None
    constant_accuracy: float | None = None
    guess_accuracy: float | None = None

    def to_dict(self) -> dict[str, Any]:
        """The slice as plain data."""
        return {name: dict(value) if isinstance(value, dict) else value for name, value in vars(self).items()}


def interval(right: Mask, cluster: Ints, level: float = 0.95) -> tuple[float, float]:
    """Wilson's score interval of a share, for rows that may come in clusters.

    Completions of one prompt are alike, so counting each as one observation makes intervals too narrow. The number of
    rows is divided by the design effect: the variance of the share between clusters (the linearized ratio estimator,
    with ``g / (g - 1)``) over that of as many independent rows, never less than 1; the number of clusters is the floor
    where the share is 0 or 1. With every row a cluster of its own this is Wilson's interval itself.

    Args:
        right: bool, shape ``(n,)``, n > 0.
        cluster: integers, shape ``(n,)``: rows of one cluster have one number.
        level: the share of such intervals that hold the true value.

    Returns:
        The lower and the upper end.

    Source: Wilson (1927); Kish's design effect (1965).

    Example:
        >>> import numpy as np
        >>> low, high = interval(np.array([True] * 8 + [False] * 2), np.arange(10))
        >>> round(low, 4), round(high, 4)
        (0.4902, 0.9433)
    """
    z, share = NormalDist().inv_cdf((1 + level) / 2), float(right.mean())
    n = _independent_rows(right, cluster, share)
    middle = (share + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * math.sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    return (max(0.0, middle - half), min(1.0, middle + half))


def _independent_rows(right: Mask, cluster: Ints, share: float) -> float:
    code = np.unique(cluster, return_inverse=True)[1].reshape(-1)
    size = np.bincount(code)
    if len(size) == len(right):
        return float(len(right))
    if len(size) == 1 or share in (0.0, 1.0):
        return float(len(size))
    apart = np.bincount(code, right) - share * size
    between = len(size) / (len(size) - 1) * float(apart @ apart) / len(right) ** 2
    return len(right) / max(1.0, between / (share * (1 - share) / len(right)))


def slices_of(outcomes: pa.Table, column: str) -> list[Slice]:
    """The slices by one column, in the order of their values, null last.

    Args:
        outcomes: gathered with that column among ``by``.
        column: its own name in the input.

    Raises:
        InputError: ``too_many_slices``, ``column_type``.
    """
    return _slices(outcomes, *_slice_codes(outcomes[by_name(column)], column))


def whole_slice(outcomes: pa.Table) -> Slice:
    """All rows as one slice, whose value is null."""
    return _slices(outcomes, np.zeros(outcomes.num_rows, np.int64), [None])[0]


def _slices(outcomes: pa.Table, codes: Ints, values: list[str | None]) -> list[Slice]:
    clusters = group_codes(outcomes)
    rewards = {
        name: numbers_of(outcomes[name])
        for name in outcomes.schema.names
        if name == "reward" or name.startswith("reward_")
    }
    labels = _labels(outcomes["gold"]), _labels(outcomes["answer"])
    gold = labels[0][0]
    right, choices = right_of(outcomes), numbers_of(outcomes["choices"])
    order = np.argsort(codes, kind="stable")
    edges = np.searchsorted(codes[order], np.arange(len(values) + 1))
    found = []
    for i, value in enumerate(values):
        rows = order[edges[i] : edges[i + 1]]
        means = {name: _mean(data[rows]) for name, data in rewards.items()}
        judged = rows[gold[rows] >= 0]
        accuracy = _accuracy(judged, labels, right, clusters, choices)
        found.append(Slice(value, len(rows), means, **accuracy))
    return found


_Labels = tuple[Ints, list[str]]
"""The number of each row's label, -1 for none, and the labels in order."""


def _labels(column: pa.ChunkedArray) -> _Labels:
    encoded = column.combine_chunks().dictionary_encode()
    codes = np.nan_to_num(encoded.indices.to_numpy(zero_copy_only=False), nan=-1).astype(np.int64)
    names: list[str] = encoded.dictionary.to_pylist()
    order = np.array([*np.argsort(np.argsort(names)), -1], np.int64)
    return order[codes], sorted(names)


def _counted(labels: _Labels, rows: Ints) -> dict[str, int]:
    counts = np.bincount(labels[0][rows] + 1, minlength=len(labels[1]) + 1)[1:]
    return {name: count for name, count in zip(labels[1], counts.tolist(), strict=True) if count}


def _accuracy(
    judged: Ints, labels: tuple[_Labels, _Labels], right: Mask, clusters: Ints, choices: Floats
) -> dict[str, Any]:
    if not len(judged):
        return {}
    golds = _counted(labels[0], judged)
    constant = max(golds, key=lambda label: golds[label])
    low, high = interval(right[judged], clusters[judged])
    return {
        "judged": len(judged),
        "right": int(right[judged].sum()),
        "accuracy": float(right[judged].mean()),
        "low": low,
        "high": high,
        "golds": golds,
        "answers": _counted(labels[1], judged),
        "constant_letter": constant,
        "constant_accuracy": golds[constant] / len(judged),
        "guess_accuracy": float(np.mean(1.0 / choices[judged])),
    }


def _mean(data: Floats) -> float | None:
    known = data[~np.isnan(data)]
    return float(known.mean()) if len(known) else None


def _slice_codes(column: pa.ChunkedArray, name: str) -> tuple[Ints, list[str | None]]:
    """The slice of each row, and the values of the slices in order."""
    kind = column.type
    plain = column.cast(kind.value_type) if pa.types.is_dictionary(kind) else column
    if pa.types.is_nested(plain.type):
        raise InputError(
            "column_type",
            f"Column {name!r} holds no single values, so it tells no slices",
            where=f"column {name!r}",
            expected="text, numbers or booleans",
            got=str(kind),
        )
    encoded = plain.cast(as_bytes(plain.type)).combine_chunks().dictionary_encode()  # model text may be no UTF-8
    values = encoded.dictionary.to_pylist()
    if len(values) > _MOST:
        raise InputError(
            "too_many_slices",
            f"Column {name!r} has too many different values to tell slices by",
            where=f"column {name!r}",
            expected=f"at most {_MOST:,}",
            got=f"{len(values):,}",
            do="choose a column with few values, such as a modality or a data set",
        )
    order = sorted(range(len(values)), key=values.__getitem__)
    place = np.empty(len(values) + 1, np.int64)
    place[order], place[-1] = np.arange(len(values)), len(values)
    codes = place[np.nan_to_num(encoded.indices.to_numpy(zero_copy_only=False), nan=-1).astype(np.int64)]
    named: list[str | None] = [_text(values[i]) for i in order]
    return codes, [*named, None] if encoded.null_count else named


def _text(value: object) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)
