"""What facts that count have in common: numbers that may be null, and units in a row."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from medreward.text.buffer import Ints, Mask
from medreward.text.facts.base import FACTS, Fact
from medreward.text.reading import Reading

__all__ = ["AnyMeasure", "AnyUnits", "Measure", "Numbers", "Sequence", "Units"]


@dataclass(frozen=True)
class Numbers:
    """A numeric column.

    Args:
        data: ``float64``, shape ``(n,)``; 0 where not valid.
        valid: bool, shape ``(n,)``; false for null and for NaN.
    """

    data: np.ndarray[tuple[int], np.dtype[np.float64]]
    valid: Mask


@dataclass(frozen=True)
class Sequence:
    """Units, such as words, in the order they stand.

    Args:
        row: ``int64``, shape ``(k,)``, ascending, the row each stands in.
        stretch: ``int64``, shape ``(k,)``, ascending, the stretch of text each stands in.
        code: ``int64``, shape ``(k,)``; equal units have equal codes.
    """

    row: Ints
    stretch: Ints
    code: Ints


class Measure(Fact):
    """How much there is of something, in a unit: a length that is counted, or a number in a column."""

    def measure(self, reading: Reading) -> Numbers:
        """The number of every row, null where it is not known."""
        raise NotImplementedError(f"{type(self).__name__} does not say how much there is")

    def unit_shown(self) -> str:
        """What is counted, for reasons: ``words of think``."""
        raise NotImplementedError(f"{type(self).__name__} does not say what it counts")


class Units(Fact):
    """Something that is a row of units in each row: words, characters, tokens."""

    def read(self, reading: Reading) -> Sequence:
        """Every unit in order."""
        raise NotImplementedError(f"{type(self).__name__} does not say its units")

    def known(self, reading: Reading) -> Mask:
        """Which rows have units that are known, even if there are none, shape ``(n,)``."""
        return reading.rows.valid


if TYPE_CHECKING:
    AnyMeasure = Measure
    AnyUnits = Units
else:
    AnyMeasure = FACTS.field(Measure)
    AnyUnits = FACTS.field(Units)
