"""What every fact has: a kind, a document, and an answer for every row."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from pydantic import AfterValidator
from pydantic_core import PydanticCustomError

from medreward.spec import Kinds, Spec

__all__ = ["FACTS", "Alphabet", "AnyPredicate", "Fact", "Predicate"]

FACTS: Kinds[Fact] = Kinds("fact")
"""The facts a document may name, by kind."""


def _alphabet(value: str) -> str:
    if not 0 < len(value) <= 64 or len({*value}) < len(value) or not all(map(_is_visible, value)):
        raise PydanticCustomError("alphabet", "An alphabet is 1 to 64 different visible characters")
    return value


def _is_visible(char: str) -> bool:
    return char.isprintable() and not char.isspace()


Alphabet = Annotated[str, AfterValidator(_alphabet)]
"""The characters a published rule looks for, each once."""


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
