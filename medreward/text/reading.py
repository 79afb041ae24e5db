"""A reading: the facts of many completions, each found out on first use and remembered."""

from __future__ import annotations

import dataclasses
from functools import cached_property, lru_cache
from typing import Any, Protocol, TypeVar

import numpy as np

from medreward.text.buffer import Ints
from medreward.text.rows import Rows
from medreward.text.scan import TagTable, scan
from medreward.text.tags import TagSet

__all__ = ["Question", "Reading", "read_only"]

T_co = TypeVar("T_co", covariant=True)
T = TypeVar("T")
_UNKNOWN = object()


class Question(Protocol[T_co]):
    """What a reading can be asked: hashable, equal to its equals, and able to find its answer in a reading."""

    def read(self, reading: Reading) -> T_co:
        """Find the answer for every row."""


class Reading:
    """The facts of many completions.

    Args:
        rows: the completions.
        tags: which tags are looked for.

    Example:
        >>> import pyarrow as pa
        >>> from medreward.text import Reading, Rows, WellFormed
        >>> rows = Rows.of(pa.array(["<think>t</think><answer>B</answer>", "B"]))
        >>> Reading(rows)[WellFormed()].tolist()
        [True, False]
    """

    def __init__(self, rows: Rows, tags: TagSet | None = None) -> None:
        self.rows = rows
        self.tags = tags or TagSet()
        self.roles = self.tags.roles
        self._known: dict[Any, Any] = {}
        self._asked: dict[int, tuple[Any, Any]] = {}

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, question: Question[T]) -> T:
        """The answer for every row; equal questions are answered once."""
        found = self._asked.get(id(question))  # to hash a specification costs more than to answer it for a few rows
        if found is None:
            answer = self._known.get(question, _UNKNOWN)
            if answer is _UNKNOWN:
                answer = self._known[question] = read_only(question.read(self))
            found = self._asked[id(question)] = (question, answer)
        known: T = found[1]
        return known

    @cached_property
    def _scanned(self) -> tuple[TagTable, Ints]:
        return scan(self.rows.buf, self.rows.offsets, self.rows.valid, self.tags)

    @property
    def scan(self) -> TagTable:
        """Every tag of every row, in any spelling."""
        return self._scanned[0]

    @property
    def near_tags(self) -> Ints:
        """Where a ``<`` stands that begins no tag, yet may begin something like one: ``int64``, ascending."""
        return self._scanned[1]


def read_only(answer: T) -> T:
    """The same answer, its arrays closed to writing: a rule must not change what the next one reads."""
    kind: type = type(answer)
    if isinstance(answer, np.ndarray):
        answer.setflags(write=False)
    else:
        for name in _field_names(kind):
            value = getattr(answer, name)
            for part in value if isinstance(value, tuple) else (value,):
                if isinstance(part, np.ndarray):
                    part.setflags(write=False)
    return answer


@lru_cache(maxsize=256)
def _field_names(kind: type) -> tuple[str, ...]:
    return tuple(field.name for field in dataclasses.fields(kind)) if dataclasses.is_dataclass(kind) else ()
