"""How input is to be read: facts about the run, recorded beside a reward's digest."""

from __future__ import annotations

import re
from typing import Literal

from pydantic import field_serializer, field_validator, model_validator
from pydantic_core import PydanticCustomError

from medreward.spec import Model

__all__ = ["CANONICAL", "InputSettings", "without_credentials"]

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
        options_columns: label and column of each option, where every option has a column of its own, as pairs, a
            mapping, or a list of columns that are called as their labels.
        options_from: options stand in their ``column``, or are read out of the ``prompt``.
        bad_options: a prompt whose options cannot be told is an ``error``, or its row has ``none`` (labels A to J).
        gold_from: a file of golds, joined to the rollouts by a key; files only.
        gold_on: the key's column, or ``rollouts' column=file's column``.
        bad_gold: a gold that names no option is an ``error``, or makes its row's score ``null``.
    """

    columns: tuple[tuple[str, str], ...] = ()
    gold_as: Literal["auto", "label", "text"] = "auto"
    gold_index: Literal[0, 1] | None = None
    format: str = "auto"
    prefill: str = ""
    end_tokens: tuple[str, ...] = ()
    options_columns: tuple[tuple[str, str], ...] = ()
    options_from: Literal["column", "prompt"] = "column"
    bad_options: Literal["error", "none"] = "error"
    gold_from: str | None = None
    gold_on: str | None = None
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

    @field_validator("options_columns", mode="before")
    @classmethod
    def _labelled(cls, value: object) -> object:
        if isinstance(value, dict):
            return tuple(value.items())
        if not isinstance(value, list | tuple):
            return value
        return tuple(_labelled_column(item) if isinstance(item, str) else item for item in value)

    @field_serializer("gold_from", when_used="json")
    def _public(self, value: str | None) -> str | None:
        return None if value is None else without_credentials(value)

    @model_validator(mode="after")
    def _together(self) -> InputSettings:
        if (self.gold_from is None) != (self.gold_on is None):
            raise PydanticCustomError("gold_from", "gold_from and gold_on (--gold-from and --on) go together")
        if self.options_columns and self.options_from == "prompt":
            raise PydanticCustomError("two_options", "options stand in columns or in the prompt, not in both")
        return self

    @property
    def key_columns(self) -> tuple[str, str]:
        """The key's column in the rollouts and in the file of golds."""
        ours, _, theirs = (self.gold_on or "").partition("=")
        return ours, theirs or ours

    def column(self, canonical: str) -> str:
        """The column's own name."""
        return dict(self.columns).get(canonical, canonical)


def without_credentials(uri: str) -> str:
    """A URI without user, password and query, which may be secret; a path stays as it is."""
    return re.sub(r"(?<=://)[^/@]*@", "", uri.partition("?")[0]) if "://" in uri else uri


def _labelled_column(item: str) -> tuple[str, str]:
    """``LABEL=COLUMN``, or a column that is called as its label: ``A``, ``b``, ``3``, ``iv``."""
    label, sign, column = item.partition("=")
    if sign and label and column:
        return label, column
    if not re.fullmatch(r"[A-Za-z]|[0-9]{1,2}|[ivx]{1,4}|[IVX]{1,4}", item):
        raise PydanticCustomError(
            "option_label",
            "{item} does not look like a label: write LABEL=COLUMN, such as A={item}",
            {"item": item},
        )
    return item, item
