"""What every fact has: a kind, a document, and an answer for every row."""

from __future__ import annotations

from typing import TYPE_CHECKING

from medreward.spec import Kinds, Spec

__all__ = ["FACTS", "AnyPredicate", "Fact", "Predicate"]

FACTS: Kinds[Fact] = Kinds("fact")
"""The facts a document may name, by kind."""


class Fact(Spec):
    """A small typed question asked of a reading; ``reading[fact]`` is the answer for every row."""

    def describe(self) -> str:
        """The fact in one line: its kind and the fields that are not as by default."""
        given = (f"{name}={value!r}" for name, value in self if name != "kind" and value != self._default(name))
        return f"{self.kind.split('.')[0]}({', '.join(given)})"

    @classmethod
    def _default(cls, name: str) -> object:
        return cls.model_fields[name].default


class Predicate(Fact):
    """A fact that holds or does not: its answer is bool, shape ``(n,)``."""

    if TYPE_CHECKING:
        from medreward.text.buffer import Mask
        from medreward.text.reading import Reading

        def read(self, reading: Reading) -> Mask:
            """Whether the fact holds, for every row."""


if TYPE_CHECKING:
    AnyPredicate = Predicate
else:
    AnyPredicate = FACTS.field(Predicate)
