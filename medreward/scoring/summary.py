"""A summary of scores: counts and means, added up batch by batch."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

__all__ = ["Mean", "Summary"]

MOST_TOTALS = 1000
"""Totals told apart."""
_SHOWN = 12
_ILL_FORMED = ("missing_open", "missing_close", "repeated", "wrong_order")


@dataclass
class Mean:
    """A mean in the making.

    Args:
        count: numbers added; nulls are not.
        total: their sum.
    """

    count: int = 0
    total: float = 0.0

    @property
    def value(self) -> float | None:
        """The mean; None of nothing."""
        return self.total / self.count if self.count else None


@dataclass
class Summary:
    """What a set of scores looks like.

    Args:
        rows: rows scored.
        null_rewards: rows without a reward: null completions and null golds.
        null_completions: rows whose completion is null.
        means: the mean of ``reward`` and of every component, by name without prefix.
        rewards: how many rows earned each total; of very many totals the commonest.
        other_rewards: rows whose total is none of those.
        forms: how many answers have each form.
        reasons: why answers commit to no label.
        flaws: how many rows have each flaw.
        well_formed: rows whose tags occur exactly once each and in order.
        closed_only: rows that lack a tag's opener and no tag's closer.
        golds: among the rows looked at (the first), how many golds are not null, and how many of them name an option
            of their row; None where the reward looks at no gold.
    """

    rows: int = 0
    null_rewards: int = 0
    null_completions: int = 0
    well_formed: int = 0
    closed_only: int = 0
    golds: tuple[int, int] | None = None
    means: dict[str, Mean] = field(default_factory=dict)
    rewards: Counter[float] = field(default_factory=Counter)
    other_rewards: int = 0
    forms: Counter[str] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)
    flaws: Counter[str] = field(default_factory=Counter)

    @classmethod
    def of(cls, scores: pa.RecordBatch | pa.Table, prefix: str = "") -> Summary:
        """The summary of some score columns."""
        form, flaws = scores[f"{prefix}answer_form"], _Words(scores[f"{prefix}flaws"])
        names = [
            name for name in scores.schema.names if name == f"{prefix}reward" or name.startswith(f"{prefix}reward_")
        ]
        reward = scores[f"{prefix}reward"]
        found = cls(
            rows=len(reward),
            null_rewards=reward.null_count,
            null_completions=form.null_count,
            well_formed=len(reward) - form.null_count - flaws.rows_with(*_ILL_FORMED),
            closed_only=flaws.rows_with("missing_open", "missing_close") - flaws.rows_with("missing_close"),
            means={name[len(prefix) :]: _mean(scores[name]) for name in names},
        )
        for value, count in _counts(reward):
            found.rewards[value + 0.0] += count  # one zero
        found.keep_commonest()
        found.forms.update(dict(_counts(form)))
        found.reasons.update(dict(_counts(scores[f"{prefix}answer_reason"])))
        found.flaws.update(flaws.counts())
        return found

    def add(self, other: Summary) -> None:
        """Add another summary to this one."""
        self.rows += other.rows
        self.null_rewards += other.null_rewards
        self.null_completions += other.null_completions
        self.well_formed += other.well_formed
        self.closed_only += other.closed_only
        if other.golds is not None:
            given, named = self.golds or (0, 0)
            self.golds = (given + other.golds[0], named + other.golds[1])
        for name, mean in other.means.items():
            mine = self.means.setdefault(name, Mean())
            mine.count, mine.total = mine.count + mean.count, mine.total + mean.total
        for name in ("rewards", "forms", "reasons", "flaws"):
            getattr(self, name).update(getattr(other, name))
        self.other_rewards += other.other_rewards
        self.keep_commonest()

    def keep_commonest(self) -> None:
        """Keep a reward of lengths or scores, where every row has its own total, from filling the memory."""
        if len(self.rewards) > MOST_TOTALS:
            kept = Counter(dict(sorted(self.rewards.items(), key=lambda item: (-item[1], item[0]))[:MOST_TOTALS]))
            self.other_rewards += self.rewards.total() - kept.total()
            self.rewards = kept

    def to_dict(self) -> dict[str, Any]:
        """The summary as plain data, counts in falling order."""
        return {
            "rows": self.rows,
            "null_completions": self.null_completions,
            "null_rewards": self.null_rewards,
            "well_formed": self.well_formed,
            "means": {name: mean.value for name, mean in self.means.items()},
            "rewards": self.totals(),
            "other_rewards": self.other_rewards,
            "forms": _ranked(self.forms),
            "reasons": _ranked(self.reasons),
            "flaws": _ranked(self.flaws),
            "alarms": self.alarms(),
        }

    def totals(self) -> dict[str, int]:
        """How many rows earned each total, in rising order; totals alike to twelve digits are one."""
        found: dict[str, int] = {}
        for value, count in sorted(self.rewards.items()):
            name = f"{value:.12g}"
            found[name] = found.get(name, 0) + count
        return found

    def lines(self) -> list[tuple[str, str]]:
        """The summary as pairs of a heading and a text."""
        nulls = self.null_rewards and f", {self.null_rewards:,} without a reward"
        share = f" ({self.well_formed / self.rows:.1%})" if self.rows else ""
        means = [f"{name.removeprefix('reward_')} {_number(mean.value)}" for name, mean in self.means.items()]
        return [
            ("rows", f"{self.rows:,}{nulls or ''}"),
            ("mean", ", ".join(means)),
            ("totals", self._totals_shown()),
            ("well formed", f"{self.well_formed:,}{share}"),
            ("answers", _list(self.forms)),
            ("no label", _list(self.reasons)),
            ("flaws", _list(self.flaws)),
            *(("ALARM", alarm) for alarm in self.alarms()),
        ]

    def _totals_shown(self) -> str:
        shown = list(self.totals().items())[:_SHOWN]
        rest = self.rewards.total() + self.other_rewards - sum(count for _, count in shown)
        return ", ".join(
            [*(f"{float(total):.6g}: {count:,}" for total, count in shown), *([f"others: {rest:,}"] if rest else [])]
        )

    def alarms(self) -> list[str]:
        """What looks like a mistake in the run rather than in the model, a line each, with what to do."""
        return [text for holds, text in _ALARMS if holds(self)]

    def __str__(self) -> str:
        return "\n".join(f"{heading:<12} {text}" for heading, text in self.lines() if text)


def _read(summary: Summary) -> int:
    return summary.rows - summary.null_completions


_ALARMS: tuple[tuple[Callable[[Summary], bool], str], ...] = (
    (lambda s: not s.rows, "there are no rows: is this the right file?"),
    (lambda s: s.rows > 0 and not _read(s), "every completion is null: name the column that holds the text (--map)"),
    (
        lambda s: _read(s) > 0 and 2 * s.closed_only >= _read(s),
        "most completions close a tag they never open: if the prompt ends in <think>, say so (--prefill '<think>')",
    ),
    (
        lambda s: _read(s) > 0 and not s.well_formed and 2 * s.closed_only < _read(s),
        "no row is well formed: is this the column of completions, with the tags of the prompt? (else --read text)",
    ),
    (
        lambda s: s.golds is not None and s.golds[0] == 0,
        "no gold is given in the first rows: name the column of golds (--map gold=COLUMN)",
    ),
    (
        lambda s: s.golds is not None and s.golds[0] > 0 and s.golds[1] == 0,
        "no gold of the first rows names an option of its row, so nothing can be right: look at one row (explain)",
    ),
    (
        lambda s: s.rows - s.null_rewards > 1 and len(s.totals()) == 1 and not s.other_rewards,
        "every row earns the same, so nothing can be learned: look at a few rows (explain)",
    ),
)
"""When a summary is implausible, in the order the lines are shown."""


def _number(value: float | None) -> str:
    return "null" if value is None else f"{value:.4f}"


def _list(counts: Counter[str]) -> str:
    return ", ".join(f"{name} {count:,}" for name, count in _ranked(counts).items())


def _ranked(counts: Counter[str]) -> dict[str, int]:
    """In falling order, equal ones by name: the order of the rows must not show."""
    return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))


def _counts(array: pa.Array | pa.ChunkedArray) -> list[tuple[Any, int]]:
    found = array.value_counts().to_pylist()
    return [(item["values"], item["counts"]) for item in found if item["values"] is not None]


def _mean(array: pa.Array | pa.ChunkedArray) -> Mean:
    return Mean(len(array) - array.null_count, pc.sum(array).as_py() or 0.0)


class _Words:
    """The words of a column of lists, each found once.

    Args:
        lists: the column.
    """

    def __init__(self, lists: pa.Array | pa.ChunkedArray) -> None:
        encoded = _whole(pc.list_flatten(lists)).dictionary_encode()
        self._words: list[str] = encoded.dictionary.to_pylist()
        self._codes = _integers(encoded.indices, np.int32)
        self._rows = _integers(_whole(pc.list_parent_indices(lists)), np.int64)

    def counts(self) -> dict[str, int]:
        """How often each word stands."""
        counts = np.bincount(self._codes, minlength=len(self._words))
        return dict(zip(self._words, counts.tolist(), strict=True))

    def rows_with(self, *wanted: str) -> int:
        """Rows whose list holds one of some words."""
        rows = self._rows[np.array([word in wanted for word in self._words], np.bool_)[self._codes]]
        return int(np.count_nonzero(rows[1:] != rows[:-1])) + 1 if len(rows) else 0


def _integers(array: pa.Array, kind: type[np.integer[Any]]) -> np.ndarray[Any, np.dtype[np.integer[Any]]]:
    """Integers without nulls as they lie in memory: Arrow's own way to numpy imports pandas."""
    return np.frombuffer(array.buffers()[1], kind)[array.offset :][: len(array)] if len(array) else np.zeros(0, kind)


def _whole(array: pa.Array | pa.ChunkedArray) -> pa.Array:
    return array.combine_chunks() if isinstance(array, pa.ChunkedArray) else array
