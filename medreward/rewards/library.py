"""Rules that ask another library: the real one, once for each distinct pair of answer and gold.

The library comes with the extra ``judge``. Without it scoring raises; what the library itself raises becomes a null, an
error or a no, as the rule says.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from typing import Any, ClassVar, Literal

import numpy as np

from medreward.errors import MissingExtraError, RuleError
from medreward.rewards.base import Gold, GoldForm, Reward, Values
from medreward.text.facts.extracted import AnyExtracted, Extracted
from medreward.text.reading import Reading

__all__ = ["LibraryRule", "installed", "library"]

EXTRA = "judge"
RAISED = (ArithmeticError, AttributeError, LookupError, NotImplementedError, RecursionError, TypeError, ValueError)
"""What libraries that parse mathematics are known to raise on texts they do not understand."""


def installed(package: str) -> str | None:
    """The version of a package, or None where it is not installed."""
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def library(package: str, module: str) -> Any:
    """A module of a library that rules call.

    Raises:
        MissingExtraError: ``missing_extra``.
    """
    if installed(package) is None:
        raise MissingExtraError(
            "missing_extra", f"A rule calls {package}, which is not installed", do=f"pip install 'medreward[{EXTRA}]'"
        )
    return import_module(module)


class LibraryRule(Reward):
    """1 if the library takes the answer's text for the gold's, else 0. Null where there is no gold.

    Args:
        answer: which text of the completion the library is given.
        gold: which text of the gold cell, read as if it were a completion.
        on_error: what a text is worth on which the library raises: ``null``; an ``error`` that names the row; or
            ``no``, a 0 as if the library had denied it, which is what published code makes of it.
    """

    pays = (0.0, 1.0)

    answer: AnyExtracted = Extracted()
    gold: AnyExtracted = Extracted()
    on_error: Literal["null", "error", "no"] = "null"

    packages: ClassVar[tuple[str, ...]]
    """The packages whose versions decide what this rule says, the library first."""
    raised: ClassVar[tuple[type[BaseException], ...]] = RAISED

    def judges(self, answers: list[str], golds: list[str]) -> Callable[[int, int], bool]:
        """A function from the places of an answer and a gold to what the library says of them."""
        raise NotImplementedError(f"{type(self).__name__} does not say what it asks")

    def hopes(self, golds: list[str]) -> list[bool]:
        """Which golds the library can say yes to at all: of the others no answer is read."""
        return [True] * len(golds)

    def without_hope(self) -> float:
        """What the others give every completion."""
        return 0.0

    def evaluate(self, reading: Reading, gold: Gold) -> Values:
        """Ask the library about each distinct pair."""
        cells, golds, known = gold.ask(self.gold, reading.tags)
        wanted = golds.codes[cells]
        hopes = np.array([*self.hopes(golds.texts), True], np.bool_)[wanted]
        value, valid = np.where(hopes, 0.0, self.without_hope()), reading.rows.valid & known
        rows = np.flatnonzero(valid & hopes & (wanted >= 0))
        if not len(rows):
            return Values(value, valid)
        given = reading[self.answer]
        rows = rows[given.codes[rows] >= 0]
        count = len(golds.texts)
        pairs, first, inverse = np.unique(
            given.codes[rows] * count + wanted[rows], return_index=True, return_inverse=True
        )
        judge = self.judges(given.texts, golds.texts)
        said = [
            self._ask(judge, pair // count, pair % count, row + reading.rows.first_row)
            for pair, row in zip(pairs.tolist(), rows[first].tolist(), strict=True)
        ]
        value[rows] = np.array([bool(one) for one in said], np.float64)[inverse]
        valid[rows] = np.array([one is not None for one in said], np.bool_)[inverse]
        return Values(value, valid)

    def _ask(self, judge: Callable[[int, int], bool], answer: int, gold: int, row: int) -> bool | None:
        try:
            return bool(judge(answer, gold))
        except self.raised as error:
            if self.on_error != "error":
                return None if self.on_error == "null" else False
            raise RuleError(
                "library_error",
                f"{self.packages[0]} raised {type(error).__name__} on a completion",
                where=f"row {row}",
                got=str(error)[:200],
                do="let such rows be null: on_error: null",
            ) from error

    def bounds(self) -> tuple[float, float]:
        """0 to 1."""
        return (0.0, 1.0)

    def gold_forms(self) -> frozenset[GoldForm]:
        """The gold cell as given."""
        return frozenset({"raw"})

    def why(self, reading: Reading, gold: Gold) -> str:
        """What the library was asked, and what it said."""
        cells, golds, known = gold.ask(self.gold, reading.tags)
        if not known[0]:
            return "there is no gold to compare with"
        given, wanted = reading[self.answer], int(golds.codes[cells[0]])
        if given.codes[0] < 0 or wanted < 0:
            return "the completion or the gold has no text of the kind that is compared"
        values = self.evaluate(reading, gold)
        said = "raised" if not values.valid[0] else "says yes" if values.data[0] else "says no"
        shown = repr(given.texts[int(given.codes[0])][:60])
        return f"{self.packages[0]} {said}: {shown} for the gold {golds.texts[wanted][:60]!r}"
