"""Producers of rollout files: one file a producer, listed here from the most to the least particular."""

from __future__ import annotations

import pyarrow as pa

from medreward.errors import InputError, UsageError
from medreward.rollouts.formats.base import Format
from medreward.rollouts.formats.plain import PLAIN
from medreward.rollouts.formats.trl import TRL

__all__ = ["FORMATS", "Format", "find_format"]

FORMATS = {known.name: known for known in (TRL, PLAIN)}
"""Every known producer by name; ``plain`` is what nobody else recognises."""


def find_format(name: str, schema: pa.Schema, where: str) -> Format:
    """The producer of a file.

    Args:
        name: one of ``FORMATS``, or ``auto`` for whichever recognises the columns.
        schema: the file's columns.
        where: the file's name, for messages.

    Raises:
        UsageError: ``unknown_format``.
        InputError: ``ambiguous_format``: several producers recognise the columns.
    """
    if name != "auto":
        if name not in FORMATS:
            raise UsageError("unknown_format", "There is no such format", expected=", ".join(FORMATS), got=name)
        return FORMATS[name]
    particular = [known for known in FORMATS.values() if known is not PLAIN and known.recognises(schema)]
    if len(particular) > 1:
        names = ", ".join(known.name for known in particular)
        raise InputError(
            "ambiguous_format", "The columns fit several formats", where=where, got=names, do="say --format NAME"
        )
    return particular[0] if particular else PLAIN
