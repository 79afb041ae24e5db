"""What the answer commits to: the choice grammar, run once for each distinct body and options."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Literal

import numpy as np
import numpy.typing as npt

from medreward.errors import InputError
from medreward.text.buffer import Ints, Mask, numbered
from medreward.text.choice import FORMS, REASONS, Choice, Select, label_alone, read_choice
from medreward.text.facts.base import FACTS, Fact
from medreward.text.facts.bodies import AnyBody, Body, BodyTable
from medreward.text.facts.columns import AnyColumn, Column
from medreward.text.options import OptionSet
from medreward.text.reading import Reading

__all__ = ["AnyChoice", "ChoiceOf", "Choices"]

Codes = npt.NDArray[np.int8]
_MISSING, _AMBIGUOUS = FORMS.index("missing"), FORMS.index("ambiguous")
_REMEMBERED = 200  # bodies of so many characters are remembered from batch to batch: answers repeat themselves
_SEVERAL_BLOCKS = REASONS.index("several_blocks")


@dataclass(frozen=True)
class Choices:
    """What every row's answer commits to.

    Args:
        labels: ``int64``, shape ``(n,)``, a bit mask: bit i for the row's i-th label; 0 for none.
        form: ``int8``, shape ``(n,)``, an index into ``FORMS``.
        reason: ``int8``, shape ``(n,)``, an index into ``REASONS``; 0 where there is a label.
    """

    labels: Ints
    form: Codes
    reason: Codes

    @cached_property
    def label(self) -> Ints:
        """The place of the only label among the row's labels, ``int64``, shape ``(n,)``; -1 for none or several."""
        only = (self.labels > 0) & (self.labels & (self.labels - 1) == 0)
        return np.where(only, np.frexp(self.labels.astype(np.float64))[1].astype(np.int64) - 1, -1)


class ChoiceOf(Fact):
    """What a careful human reader says the answer commits to.

    Of several bodies each is read: the same labels in all give those labels and the weakest form, no label in any gives
    the first one's form and reason, anything else is ambiguous.

    Args:
        body: which text is the answer.
        select: does the question ask for ``one`` label, or for all that are right, ``many``? Or a column that says so
            row by row: 1 or true where it is many, 0, false or null where it is one.
    """

    kind: Literal["choice_of.v1"] = "choice_of.v1"
    body: AnyBody = Body()
    select: Select | AnyColumn = "one"

    def read(self, reading: Reading) -> Choices:
        """Read every body, then settle rows with several.

        Raises:
            InputError: ``column_type``: the column holds something else than 0 and 1.
        """
        bodies = reading[self.body]
        labels, form, reason = _read_bodies(reading, bodies, self.asks_many(reading)[bodies.row])
        out = Choices(
            np.zeros(len(reading), np.int64),
            np.full(len(reading), _MISSING, np.int8),
            np.zeros(len(reading), np.int8),
        )
        again = bodies.row[1:] == bodies.row[:-1]
        if not again.any():
            out.labels[bodies.row], out.form[bodies.row], out.reason[bodies.row] = labels, form, reason
            return out
        begin = np.flatnonzero(~np.append(False, again))
        row, count = bodies.row[begin], np.diff(begin, append=len(bodies.row))
        out.labels[row], out.form[row], out.reason[row] = labels[begin], form[begin], reason[begin]
        _settle(out, row[count > 1], begin[count > 1], count[count > 1], (labels, form))
        return out

    def asks_many(self, reading: Reading) -> Mask:
        """Which rows ask for several labels, shape ``(n,)``."""
        if not isinstance(self.select, Column):
            return np.full(len(reading), self.select == "many")
        numbers = reading[self.select]
        odd = (numbers.data != 0) & (numbers.data != 1)
        if odd.any():
            row = int(odd.argmax())
            raise InputError(
                "column_type",
                f"Column {self.select.name!r} says which questions have several answers",
                where=f"row {row + reading.rows.first_row}",
                expected="0 or 1, false or true",
                got=f"{numbers.data[row]:g}",
            )
        many: Mask = numbers.data == 1
        return many


AnyChoice = FACTS.field(ChoiceOf)


def _settle(out: Choices, row: Ints, begin: Ints, count: Ints, read: tuple[Ints, Codes]) -> None:
    """Rows with several bodies: agree, or be ambiguous."""
    which = np.repeat(begin, count) + np.arange(int(count.sum())) - np.repeat(np.cumsum(count) - count, count)
    edges = np.cumsum(count) - count
    labels, form = read[0][which], read[1][which]
    low, high = np.minimum.reduceat(labels, edges), np.maximum.reduceat(labels, edges)
    agree = low == high  # all the same labels, or none anywhere
    out.form[row] = np.where(agree & (low > 0), np.maximum.reduceat(form, edges), out.form[row])
    apart = row[~agree]
    out.labels[apart], out.form[apart], out.reason[apart] = 0, _AMBIGUOUS, _SEVERAL_BLOCKS


def _read_bodies(reading: Reading, bodies: BodyTable, many: Mask) -> tuple[Ints, Codes, Codes]:
    """Labels, form and reason of each body; option texts are fetched only where labels do not settle it."""
    options = reading.rows.options
    codes, texts = bodies.distinct()
    strings = [text.decode("utf-8", "replace") for text in texts]
    if len(options.label_sets) == 1:
        inverse, keys = codes, np.arange(len(strings))
    else:
        inverse, keys = numbered(codes * len(options.label_sets) + options.label_codes[bodies.row])
    alone = [
        _read_alone(strings[key // len(options.label_sets)], labels)
        for key in keys.tolist()
        for labels in (options.label_sets[key % len(options.label_sets)],)
    ]
    table = np.array(alone, np.int64).reshape(-1, 3)[inverse]
    open_ = np.flatnonzero(table[:, 1] < 0)
    if len(open_):
        table[open_] = _with_texts(reading, bodies.row[open_], codes[open_] * 2 + many[open_], strings)
    return table[:, 0], table[:, 1].astype(np.int8), table[:, 2].astype(np.int8)


def _with_texts(reading: Reading, row: Ints, codes: Ints, strings: list[str]) -> Ints:
    """Choices of bodies that need the options' texts, shape ``(k, 3)``; a code is twice a body's, plus 1 for many."""
    place, rows = numbered(row)
    options, sets = reading.rows.options.fetch(rows)
    inverse, keys = numbered(codes * len(sets) + options[place])
    read = [_read(strings[key // len(sets) // 2], sets[key % len(sets)], key // len(sets) % 2) for key in keys.tolist()]
    return np.array(read, np.int64).reshape(-1, 3)[inverse]


_Encoded = tuple[int, int, int]


def _read_alone(body: str, labels: tuple[str, ...]) -> _Encoded:
    return (_alone_once if len(body) <= _REMEMBERED else _alone_once.__wrapped__)(body, labels)


def _read(body: str, options: OptionSet, many: int) -> _Encoded:
    return (_read_once if len(body) <= _REMEMBERED else _read_once.__wrapped__)(body, options, many)


@lru_cache(maxsize=1 << 12)
def _alone_once(body: str, labels: tuple[str, ...]) -> _Encoded:
    return _encode(label_alone(body, labels), labels)


@lru_cache(maxsize=1 << 12)
def _read_once(body: str, options: OptionSet, many: int) -> _Encoded:
    return _encode(read_choice(body, options, "many" if many else "one"), options.labels)


def _encode(choice: Choice | None, labels: tuple[str, ...]) -> _Encoded:
    if choice is None:
        return (0, -1, 0)
    mask = sum(1 << labels.index(label) for label in choice.labels)
    return (mask, FORMS.index(choice.form), REASONS.index(choice.reason))
