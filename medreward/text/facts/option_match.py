"""Which options a body writes out, compared as whole strings: no grammar."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Literal

import numpy as np
from pydantic import Field

from medreward.text.buffer import Ints, Mask, first_of_each
from medreward.text.facts.base import FACTS, Fact
from medreward.text.facts.bodies import AnyBody, Body
from medreward.text.options import OptionSet
from medreward.text.reading import Reading

__all__ = ["AnyOptionMatch", "OptionMatch", "OptionMatches"]

Shape = Literal["label", "text", "label_stop_text"]


@dataclass(frozen=True)
class OptionMatches:
    """Which options each row's first body is.

    Args:
        codes: ``int64``, shape ``(n,)``, the row of ``table`` that speaks of it; the last one where there is no body.
        table: bool, shape ``(m, labels)``, whether it is the option at that place.
    """

    codes: Ints
    table: Mask

    def is_option(self, place: Ints) -> Mask:
        """Whether each row is the option at that place, shape ``(n,)``; -1 is no option."""
        return np.asarray((place >= 0) & self.table[self.codes, np.maximum(place, 0)])


class OptionMatch(Fact):
    """The options that the first body, without outer whitespace, is in one of the given shapes.

    Args:
        body: which text is compared.
        shapes: ``label``; ``text``, the option's own; ``label_stop_text``, such as ``B. Lungs``.
        fold: ``lower`` compares in lower case, as ``str.lower`` makes it.
    """

    kind: Literal["option_match.v1"] = "option_match.v1"
    body: AnyBody = Body(pick="first_span")
    shapes: Annotated[tuple[Shape, ...], Field(min_length=1)] = ("label", "text", "label_stop_text")
    fold: Literal["none", "lower"] = "lower"

    def read(self, reading: Reading) -> OptionMatches:
        """Compare each distinct body with each distinct set of options offered to it."""
        bodies = reading[self.body]
        first = first_of_each(bodies.row)
        row = bodies.row[first]
        codes, raw = bodies.distinct()
        options, sets = reading.rows.options.fetch(row)
        keys, inverse = np.unique(codes[first] * len(sets) + options, return_inverse=True)
        texts = [self._folded(text.decode("utf-8", "replace")) for text in raw]
        written = [self._written(offered) for offered in sets]
        width = max(map(len, reading.rows.options.label_sets), default=0)
        table = np.zeros((len(keys) + 1, width), np.bool_)
        for number, key in enumerate(keys.tolist()):
            table[number, written[key % len(sets)].get(texts[key // len(sets)], [])] = True
        found = np.full(len(reading), len(keys), np.int64)
        found[row] = inverse
        return OptionMatches(found, table)

    def _folded(self, text: str) -> str:
        text = text.strip()
        return text.lower() if self.fold == "lower" else text

    def _written(self, options: OptionSet) -> dict[str, list[int]]:
        """The places of the options that each string is."""
        places: dict[str, list[int]] = {}
        for place, (label, text) in enumerate(zip(options.labels, options.texts, strict=True)):
            for shape in self.shapes:
                string = _SHAPES[shape](label, text)
                if string is not None:
                    places.setdefault(self._folded(string), []).append(place)
        return places


AnyOptionMatch = FACTS.field(OptionMatch)

_SHAPES: dict[Shape, Callable[[str, str | None], str | None]] = {
    "label": lambda label, _: label,
    "text": lambda _, text: text,
    "label_stop_text": lambda label, text: None if text is None else f"{label}. {text}",
}
