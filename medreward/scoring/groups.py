"""The group lens: what a reward gives a trainer that compares the completions of one prompt with each other."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from medreward.errors import UsageError
from medreward.rewards.base import Floats
from medreward.scoring.outcome_columns import group_codes, numbers_of, right_of
from medreward.scoring.slices import whole_slice
from medreward.text.buffer import Ints, Mask

__all__ = ["Aggregate", "GroupLens", "Scale", "advantages", "pass_at"]

Scale = Literal["group", "batch", "none"]
Aggregate = Literal["sum_then_normalize", "normalize_then_sum"]
_OF_LABELS = ("golds", "answers", "constant_letter", "constant_accuracy", "guess_accuracy")
_LABELS_SHOWN = 12
_MATTERS = 0.01  # a change of an advantage that counts: less is what epsilon does to equal patterns


def advantages(
    rewards: Floats,
    group: Ints,
    *,
    scale: Scale = "group",
    epsilon: float = 1e-4,
    weights: Floats | None = None,
    aggregate: Aggregate = "sum_then_normalize",
) -> Floats:
    """How much better than its group each completion did: ``(reward - mean) / (deviation + epsilon)``.

    The mean is the group's; the deviation is a sample's (n - 1). A group of one, or one whose rewards are all equal,
    has advantages of exactly 0.

    Args:
        rewards: ``float64``, shape ``(n,)``, or ``(n, k)`` for k rewards; NaN is null and takes no part.
        group: integers, shape ``(n,)``: rows of one group have one number.
        scale: whose deviation divides: the ``group``'s (GRPO), the whole ``batch``'s, or ``none`` (Dr. GRPO).
        epsilon: added to the deviation.
        weights: shape ``(k,)``, what each reward is multiplied by; 1 each where None.
        aggregate: ``sum_then_normalize``: weighted sums are compared. ``normalize_then_sum``: each reward is compared
            within its group by itself, the results are weighted and summed, and the sums are normalized once more over
            the batch (GDPO); ``scale`` is then always the group's.

    Returns:
        ``float64``, shape ``(n,)``; NaN where the reward, or any of the k, is NaN.

    Source: GRPO arXiv 2402.03300; Dr. GRPO arXiv 2503.20783; GDPO arXiv 2601.05242.

    Example:
        >>> import numpy as np
        >>> advantages(np.array([2.0, 1.0, 1.0, 1.0]), np.zeros(4, int)).round(4).tolist()
        [1.4997, -0.4999, -0.4999, -0.4999]
    """
    table = np.asarray(rewards, np.float64)
    table = table[:, None] if table.ndim == 1 else table
    each: Floats = np.ones(table.shape[1]) if weights is None else np.asarray(weights, np.float64)
    if aggregate == "sum_then_normalize":
        return _compared(_weighted(table, each), group, scale, epsilon)
    columns = np.stack([_compared(column, group, "group", epsilon) for column in table.T], axis=1)
    total = _weighted(columns, each)
    return _compared(total, np.zeros(len(total), np.int64), "group", epsilon)


def _weighted(table: Floats, weights: Floats) -> Floats:
    """The weighted sum of the columns, from the left."""
    if table.shape[1] != len(weights):
        raise UsageError(
            "weights", "There must be one weight for each reward", expected=str(table.shape[1]), got=str(len(weights))
        )
    total: Floats = table[:, 0] * weights[0]
    for column, weight in zip(table.T[1:], weights[1:], strict=True):
        total = total + column * weight
    return total


def _compared(rewards: Floats, group: Ints, scale: Scale, epsilon: float) -> Floats:
    known = ~np.isnan(rewards)
    out = np.full(len(rewards), np.nan)
    value, code = rewards[known], np.unique(group[known], return_inverse=True)[1].reshape(-1)
    if not len(value):
        return out
    spread = _spread(value, code)
    centred = np.where(spread[code] == 0.0, 0.0, value - (np.bincount(code, value) / np.bincount(code))[code])
    if scale == "group":
        count = np.bincount(code)
        deviation = np.sqrt(np.bincount(code, centred**2) / np.maximum(count - 1, 1))[code]
    else:
        deviation = np.full(len(value), np.std(value, ddof=1) if len(value) > 1 else 0.0)
    out[known] = centred if scale == "none" else centred / (deviation + epsilon)
    return out


def _spread(value: Floats, code: Ints) -> Floats:
    """The greatest less the least value of each group."""
    order = np.argsort(code, kind="stable")
    begin = np.flatnonzero(np.diff(code[order], prepend=-1))
    spread: Floats = np.maximum.reduceat(value[order], begin) - np.minimum.reduceat(value[order], begin)
    return spread


def pass_at(k: int, right: Ints, size: Ints) -> float | None:
    """The chance that one of k completions drawn from a group is right, averaged over the groups of at least k.

    Args:
        k: how many are drawn, without putting back.
        right: right completions of each group, shape ``(g,)``.
        size: completions of each group, shape ``(g,)``.

    Returns:
        The mean of ``1 - C(size - right, k) / C(size, k)``; None where no group has k completions.

    Source: the unbiased estimator of arXiv 2107.03374.

    Example:
        >>> import numpy as np
        >>> pass_at(2, np.array([1, 0]), np.array([4, 4]))
        0.25
    """
    enough = size >= k
    if not enough.any():
        return None
    wrong, size = (size - right)[enough].astype(np.float64), size[enough].astype(np.float64)
    none_right = np.ones(len(size))
    for i in range(k):
        none_right = none_right * np.maximum(wrong - i, 0.0) / (size - i)
    return float(np.mean(1.0 - none_right))


@dataclass(frozen=True)
class GroupLens:
    """What a reward gives a trainer that learns from differences within groups. Shares are of ``groups``.

    Args:
        groups: groups of two rewarded rows or more.
        rows: rewarded rows in them.
        single: rewarded rows that are alone in their group, which are left out.
        null: rows without a reward, which are left out.
        sizes: rows in a group, and how many groups have that many.
        zero_spread: share whose rewards are all equal: nothing is learned from them.
        zero_spread_right: share whose rewards are all equal and whose answers are all right.
        zero_spread_wrong: share whose rewards are all equal and whose answers are all wrong.
        unlike_ties: share in which two rows earn the same by different components.
        partial_decides: share whose advantages would be others if partial credit were none; None where the reward has
            no partial credit.
        golds: how many rows have each label for gold.
        answers: how many rows with a gold answer each label.
        constant_letter: the label that is gold most often; None without golds.
        constant_accuracy: what always answering that label would score over the rows.
        guess_accuracy: what guessing among the options offered would score over the rows.
        pass_at: k to the chance that one of k completions is right; None where no group is that large, or no gold.
    """

    groups: int
    rows: int
    single: int
    null: int
    sizes: dict[int, int] = field(default_factory=dict)
    zero_spread: float | None = None
    zero_spread_right: float | None = None
    zero_spread_wrong: float | None = None
    unlike_ties: float | None = None
    partial_decides: float | None = None
    golds: dict[str, int] = field(default_factory=dict)
    answers: dict[str, int] = field(default_factory=dict)
    constant_letter: str | None = None
    constant_accuracy: float | None = None
    guess_accuracy: float | None = None
    pass_at: dict[int, float | None] = field(default_factory=dict)

    @classmethod
    def of(cls, outcomes: pa.Table, ks: tuple[int, ...] = (1, 2, 4, 8, 16)) -> GroupLens:
        """The lens over the outcomes of whole groups (:class:`medreward.scoring.outcomes.Outcomes`)."""
        reward = numbers_of(outcomes["reward"])
        known = ~np.isnan(reward)
        code, size = _sized(group_codes(outcomes)[known])
        kept = size[code] > 1
        table = _take(outcomes, known, kept)
        code, size = _sized(code[kept])
        shares = _shares(table, code, size, ks) if len(size) else {}
        return cls(len(size), len(code), int((~kept).sum()), int((~known).sum()), **shares)

    def to_dict(self) -> dict[str, Any]:
        """The lens as plain data."""
        return {name: dict(value) if isinstance(value, dict) else value for name, value in vars(self).items()}

    def lines(self) -> list[tuple[str, str]]:
        """The lens as pairs of a heading and a text."""
        if not self.groups:
            return [("groups", "none of two rewarded rows or more")]
        sizes = ", ".join(f"{count:,} of {size}" for size, count in list(self.sizes.items())[:6])
        found = [
            ("groups", f"{self.groups:,} ({sizes})"),
            ("zero spread", f"{_percent(self.zero_spread)}{self._split()}"),
            ("unlike ties", f"{_percent(self.unlike_ties)} of groups tie rows with different components"),
        ]
        if self.partial_decides is not None:
            found.append(("partial", f"{_percent(self.partial_decides)} of groups are decided by partial credit"))
        chances = [f"{k}: {value:.4f}" for k, value in self.pass_at.items() if value is not None]
        return [*found, ("pass@", ", ".join(chances)), *self._label_lines()]

    def _label_lines(self) -> list[tuple[str, str]]:
        if self.constant_accuracy is None:
            return []
        baselines = f"always {self.constant_letter} {self.constant_accuracy:.1%}, guessing {self.guess_accuracy:.1%}"
        return [("golds", _balance(self.golds)), ("answers", _balance(self.answers)), ("baselines", baselines)]

    def _split(self) -> str:
        if self.zero_spread_right is None or self.zero_spread_wrong is None:
            return " of groups"
        return f" of groups (all right {self.zero_spread_right:.1%}, all wrong {self.zero_spread_wrong:.1%})"


def _shares(table: pa.Table, code: Ints, size: Ints, ks: tuple[int, ...]) -> dict[str, Any]:
    reward = numbers_of(table["reward"])
    flat = _spread(reward, code) == 0.0
    sizes, counts = np.unique(size, return_counts=True)
    parts = [numbers_of(table[name]) for name in table.schema.names if name.startswith("reward_")]
    by_total = np.bincount(_distinct_in_groups(code, [reward]), minlength=len(size))
    by_part = np.bincount(_distinct_in_groups(code, [reward, *parts]), minlength=len(size))
    found: dict[str, Any] = {
        "sizes": {int(n): int(k) for n, k in sorted(zip(sizes, counts, strict=True), key=lambda item: -item[1])},
        "zero_spread": float(flat.mean()),
        "unlike_ties": float((by_part > by_total).mean()),
    }
    if "without_partial" in table.schema.names:
        plain = numbers_of(table["without_partial"])
        moved = np.abs(advantages(reward, code) - advantages(plain, code)) > _MATTERS
        found["partial_decides"] = float((np.bincount(code, moved, minlength=len(size)) > 0).mean())
    whole = whole_slice(table)
    found |= {name: getattr(whole, name) for name in _OF_LABELS}
    judged = pc.is_valid(table["gold"])
    if pc.all(judged).as_py():
        hit = right_of(table)
        right = np.bincount(code, hit, minlength=len(size)).astype(np.int64)
        found["zero_spread_right"] = float((flat & (right == size)).mean())
        found["zero_spread_wrong"] = float((flat & (right == 0)).mean())
        found["pass_at"] = {k: pass_at(k, right, size) for k in ks if k <= size.max()}
    return found


def _distinct_in_groups(code: Ints, columns: list[Floats]) -> Ints:
    """The group of each distinct row of the columns."""
    rows: Floats = np.unique(np.stack([code.astype(np.float64), *columns], axis=1), axis=0)
    return rows[:, 0].astype(np.int64)


def _sized(code: Ints) -> tuple[Ints, Ints]:
    """Codes from 0 without gaps, and how many rows each has."""
    _, inverse, count = np.unique(code, return_inverse=True, return_counts=True)
    return inverse.reshape(-1), count


def _take(table: pa.Table, known: Mask, kept: Mask) -> pa.Table:
    rows = np.flatnonzero(known)[kept].astype(np.int64)
    return table.take(pa.Array.from_buffers(pa.int64(), len(rows), [None, pa.py_buffer(rows)]))


def _balance(counts: dict[str, int]) -> str:
    """The share of each label among those counted, the commonest ones only."""
    rows, ranked = sum(counts.values()), sorted(counts, key=lambda label: -counts[label])
    kept = sorted(ranked[:_LABELS_SHOWN])
    rest = ", …" if len(ranked) > len(kept) else ""
    return ", ".join(f"{label} {counts[label] / rows:.1%}" for label in kept) + rest


def _percent(share: float | None) -> str:
    return "" if share is None else f"{share:.1%}"
