"""What a table of outcomes says of its rows: their group, their numbers, whether they are right."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from medreward.rewards.base import Floats
from medreward.text.buffer import Ints, Mask

__all__ = ["by_name", "group_codes", "numbers_of", "right_of"]


def by_name(column: str) -> str:
    """What a column named by the user is called among the outcomes."""
    return f"by {column}"


def group_codes(outcomes: pa.Table) -> Ints:
    """A number for each row's group: its step, where there is one, and its group id; rows without an id stand alone.

    Returns:
        ``int64``, shape ``(n,)``.
    """
    codes = np.arange(outcomes.num_rows, dtype=np.int64)
    if "group_id" not in outcomes.schema.names:
        return codes
    group = _codes(outcomes["group_id"])
    step = _codes(outcomes["step"]) if "step" in outcomes.schema.names else np.zeros(len(group), np.int64)
    named = group >= 0
    codes[named] = len(codes) + group[named] * (int(step.max(initial=0)) + 2) + step[named] + 1
    return codes


def _codes(column: pa.ChunkedArray) -> Ints:
    """Equal cells as equal numbers, null as -1."""
    kind = column.type
    whole = column.cast(kind.value_type) if pa.types.is_dictionary(kind) else column
    found = [chunk.indices.to_numpy(zero_copy_only=False) for chunk in whole.dictionary_encode().chunks]
    codes = np.concatenate(found) if found else np.zeros(0)
    return np.nan_to_num(codes, nan=-1).astype(np.int64)


def numbers_of(column: pa.ChunkedArray) -> Floats:
    """A column of numbers, NaN for null, ``float64``, shape ``(n,)``."""
    found = [chunk.to_numpy(zero_copy_only=False).astype(np.float64) for chunk in column.chunks]
    return np.concatenate(found) if found else np.zeros(0)


def right_of(outcomes: pa.Table) -> Mask:
    """Which answers are the gold, shape ``(n,)``; false where there is no gold or no answer."""
    same = pc.equal(outcomes["answer"], outcomes["gold"])
    both = pc.and_kleene(same, pc.is_valid(same))  # where either is null, false
    found = [chunk.to_numpy(zero_copy_only=False) for chunk in both.chunks]
    return np.concatenate(found).astype(np.bool_) if found else np.zeros(0, np.bool_)
