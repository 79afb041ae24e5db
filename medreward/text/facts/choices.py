"""What the answer commits to: the choice grammar, run once for each distinct body and options."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from medreward.text.buffer import Ints
from medreward.text.choice import FORMS, REASONS, Choice, choose, label_alone
from medreward.text.facts.base import FACTS, Fact
from medreward.text.facts.bodies import AnyBody, Body, BodyTable
from medreward.text.options import OptionSet
from medreward.text.reading import Reading

__all__ = ["AnyChoice", "ChoiceOf", "Choices"]

Codes = npt.NDArray[np.int8]
_MISSING, _AMBIGUOUS = FORMS.index("missing"), FORMS.index("ambiguous")
_SEVERAL_BLOCKS = REASONS.index("several_blocks")


@dataclass(frozen=True)
class Choices:
    """What every row's answer commits to.

    Args:
        label: ``int64``, shape ``(n,)``, the place of the label among the row's labels, -1 for none.
        form: ``int8``, shape ``(n,)``, an index into ``FORMS``.
        reason: ``int8``, shape ``(n,)``, an index into ``REASONS``; 0 where there is a label.
    """

    label: Ints
    form: Codes
    reason: Codes


class ChoiceOf(Fact):
    """The label a careful human reader says the answer commits to.

    Of several bodies each is read: one label in all gives that label and the weakest form, no label in any gives the
    first one's form and reason, anything else is ambiguous.

    Args:
        body: which text is the answer.
    """

    kind: Literal["choice_of.v1"] = "choice_of.v1"
    body: AnyBody = Body()

    def read(self, reading: Reading) -> Choices:
        """Read every body, then settle rows with several."""
        bodies = reading[self.body]
        label, form, reason = _read_bodies(reading, bodies)
        out = Choices(
            np.full(len(reading), -1, np.int64),
            np.full(len(reading), _MISSING, np.int8),
            np.zeros(len(reading), np.int8),
        )
        row, begin, count = np.unique(bodies.row, return_index=True, return_counts=True)
        out.label[row], out.form[row], out.reason[row] = label[begin], form[begin], reason[begin]
        if (count > 1).any():
            _settle(out, row[count > 1], begin[count > 1], count[count > 1], (label, form))
        return out


AnyChoice = FACTS.field(ChoiceOf)


def _settle(out: Choices, row: Ints, begin: Ints, count: Ints, read: tuple[Ints, Codes]) -> None:
    """Rows with several bodies: agree, or be ambiguous."""
    which = np.repeat(begin, count) + np.arange(int(count.sum())) - np.repeat(np.cumsum(count) - count, count)
    edges = np.cumsum(count) - count
    label, form = read[0][which], read[1][which]
    low, high = np.minimum.reduceat(label, edges), np.maximum.reduceat(label, edges)
    agree = low == high  # all the same label, or none anywhere
    out.form[row] = np.where(agree & (low >= 0), np.maximum.reduceat(form, edges), out.form[row])
    apart = row[~agree]
    out.label[apart], out.form[apart], out.reason[apart] = -1, _AMBIGUOUS, _SEVERAL_BLOCKS


def _read_bodies(reading: Reading, bodies: BodyTable) -> tuple[Ints, Codes, Codes]:
    """Label, form and reason of each body; option texts are fetched only where labels do not settle it."""
    options = reading.rows.options
    codes, texts = bodies.distinct()
    strings = [text.decode("utf-8", "replace") for text in texts]
    sets = options.label_codes[bodies.row]
    keys, inverse = np.unique(codes * len(options.label_sets) + sets, return_inverse=True)
    alone = [
        _encode(label_alone(strings[key // len(options.label_sets)], labels), labels)
        for key in keys.tolist()
        for labels in (options.label_sets[key % len(options.label_sets)],)
    ]
    table = np.array(alone, np.int64).reshape(-1, 3)[inverse]
    open_ = np.flatnonzero(table[:, 1] < 0)
    if len(open_):
        table[open_] = _with_texts(reading, bodies.row[open_], codes[open_], strings)
    return table[:, 0], table[:, 1].astype(np.int8), table[:, 2].astype(np.int8)


def _with_texts(reading: Reading, row: Ints, codes: Ints, strings: list[str]) -> Ints:
    """The choices of bodies that need the options' texts, shape ``(k, 3)``."""
    rows, place = np.unique(row, return_inverse=True)
    options, sets = reading.rows.options.fetch(rows)
    keys, inverse = np.unique(codes * len(sets) + options[place], return_inverse=True)
    read: list[tuple[int, int, int]] = []
    for key in keys.tolist():
        offered: OptionSet = sets[key % len(sets)]
        read.append(_encode(choose(strings[key // len(sets)], offered), offered.labels))
    return np.array(read, np.int64).reshape(-1, 3)[inverse]


def _encode(choice: Choice | None, labels: tuple[str, ...]) -> tuple[int, int, int]:
    if choice is None:
        return (-1, -1, 0)
    place = -1 if choice.label is None else labels.index(choice.label)
    return (place, FORMS.index(choice.form), REASONS.index(choice.reason))
