"""How input is to be read: facts about the run, recorded beside a reward's digest."""

from __future__ import annotations

from typing import Literal

from pydantic import field_validator
from pydantic_core import PydanticCustomError

from medreward.spec import Model

__all__ = ["CANONICAL", "InputSettings"]

CANONICAL = ("completion", "gold", "options", "group_id", "step", "prompt", "finish_reason", "completion_tokens")
"""The names input columns go by."""


class InputSettings(Model):
    """How input is to be read.

    Args:
        columns: canonical name to the column's own name, where they differ, as pairs or a mapping.
        gold_as: what a gold cell is: a ``label``, an option's ``text``, or whichever of the two it names (``auto``).
        gold_index: golds are numbers, and the first option has this one.
        format: which producer wrote the files, or ``auto``: whichever recognises their columns.
        prefill: what the chat template put into the model's mouth, such as ``<think>`` and a newline: the beginning of
            every completion that is not in the data.
        end_tokens: what is cut from the end of completions, such as ``<|im_end|>``; nowhere else.
        bad_gold: a gold that names no option is an ``error``, or makes its row's score ``null``.
    """

    columns: tuple[tuple[str, str], ...] = ()
    gold_as: Literal["auto", "label", "text"] = "auto"
    gold_index: Literal[0, 1] | None = None
    format: str = "auto"
    prefill: str = ""
    end_tokens: tuple[str, ...] = ()
    bad_gold: Literal["error", "null"] = "error"

    @field_validator("columns", mode="before")
    @classmethod
    def _pairs(cls, value: object) -> object:
        return tuple(sorted(value.items())) if isinstance(value, dict) else value

    @field_validator("columns")
    @classmethod
    def _canonical(cls, value: tuple[tuple[str, str], ...]) -> tuple[tuple[str, str], ...]:
        for name, _ in value:
            if name not in CANONICAL:
                raise PydanticCustomError(
                    "canonical_name",
                    "{name} is not a column medreward knows; it knows {known}",
                    {"name": repr(name), "known": ", ".join(CANONICAL)},
                )
        return value

    def column(self, canonical: str) -> str:
        """The column's own name."""
        return dict(self.columns).get(canonical, canonical)
