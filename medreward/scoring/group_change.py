"""What another reward changes for a trainer that compares completions within groups."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from medreward.rewards.base import Floats
from medreward.scoring.groups import advantages
from medreward.scoring.outcome_columns import group_codes
from medreward.text.buffer import Ints, Mask

__all__ = ["GroupChange", "group_change"]


@dataclass(frozen=True)
class GroupChange:
    """What the second reward changes for a trainer. Shares of ``groups``, except where rows are said.

    Args:
        groups: groups with two rows or more that both rewards value.
        zero_spread: share of groups whose rewards are all equal, under the first and under the second.
        advantage_change: mean absolute difference of a row's advantage.
        sign_flips: share of the rows whose advantage changes its sign.
        reversed: share of groups in which two rows change places.
        ties_made: share of groups in which rows that differed tie.
        ties_broken: share of groups in which rows that tied differ.
    """

    groups: int
    zero_spread: tuple[float, float] = (0.0, 0.0)
    advantage_change: float = 0.0
    sign_flips: float = 0.0
    reversed: float = 0.0
    ties_made: float = 0.0
    ties_broken: float = 0.0


def group_change(a: Floats, b: Floats, both: Mask, table: pa.Table) -> GroupChange:
    """Compare two rewards group by group.

    Args:
        a: the first reward's values, ``float64``, shape ``(n,)``.
        b: the second's.
        both: which rows both value.
        table: ``group_id`` and, where there is one, ``step`` of the rows.
    """
    group, rows = group_codes(table), np.flatnonzero(both)
    code = np.unique(group[rows], return_inverse=True)[1].reshape(-1)
    large = np.bincount(code, minlength=1)[code] > 1
    rows, code = rows[large], np.unique(code[large], return_inverse=True)[1].reshape(-1)
    if not len(rows):
        return GroupChange(0)
    first, second = a[rows], b[rows]
    count = int(code.max()) + 1
    gain = advantages(first, code), advantages(second, code)
    kinds = [_kinds(code, first, count), _kinds(code, second, count)]
    joint = _kinds(code, np.stack([first, second], axis=1), count)
    return GroupChange(
        groups=count,
        zero_spread=(float((kinds[0] == 1).mean()), float((kinds[1] == 1).mean())),
        advantage_change=float(np.abs(gain[1] - gain[0]).mean()),
        sign_flips=float((np.sign(gain[0]) * np.sign(gain[1]) < 0).mean()),
        reversed=_reversed(code, first, second, count),
        ties_made=float((joint > kinds[1]).mean()),
        ties_broken=float((joint > kinds[0]).mean()),
    )


def _kinds(code: Ints, values: Floats, count: int) -> Ints:
    """How many different values, or rows of values, each group has."""
    rows = np.unique(np.column_stack([code, values]), axis=0)
    return np.bincount(rows[:, 0].astype(np.int64), minlength=count)


def _reversed(code: Ints, first: Floats, second: Floats, count: int) -> float:
    """The share of groups with a pair of rows that change places: sorted by the first, the second falls somewhere."""
    order = np.lexsort((second, first, code))
    falls = (np.diff(second[order]) < 0) & (np.diff(code[order]) == 0)
    return float((np.bincount(code[order][1:][falls], minlength=count) > 0).mean())
