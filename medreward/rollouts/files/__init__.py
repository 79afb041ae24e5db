"""Kinds of files that rows are read from: one file a kind, all giving Arrow record batches."""

from __future__ import annotations

from collections.abc import Callable, Collection
from pathlib import Path

from medreward.errors import InputError
from medreward.rollouts.files.base import Rollouts, input_errors
from medreward.rollouts.files.delimited import DelimitedRollouts
from medreward.rollouts.files.json_lines import JsonLinesRollouts
from medreward.rollouts.files.parquet import ParquetRollouts
from medreward.rollouts.files.signatures import PARQUET, refuse_other_kind
from medreward.rollouts.places import Place, Spool, reading_errors

__all__ = ["SUFFIXES", "Rollouts", "open_file"]

Opener = Callable[[Path, str | None, Collection[str]], Rollouts]

SUFFIXES: dict[str, Opener] = {
    ".parquet": lambda path, name, text: ParquetRollouts(path),  # noqa: ARG005 - openers are alike
    ".jsonl": lambda path, name, text: JsonLinesRollouts(path, name),  # noqa: ARG005 - as above
    ".ndjson": lambda path, name, text: JsonLinesRollouts(path, name),  # noqa: ARG005 - as above
    ".csv": DelimitedRollouts,
    ".tsv": lambda path, name, text: DelimitedRollouts(path, name, text, separator="\t"),
}
"""How a file of each suffix is opened."""
_KINDS = "Parquet, JSON lines (.jsonl, .ndjson), CSV (.csv) or TSV (.tsv)"


def open_file(path: Place, name: str | None = None, text: Collection[str] = ()) -> Rollouts:
    """Open a file by its suffix; one without a known suffix is opened as what its first bytes say.

    Of remote files only Parquet is read where it is; the others are read twice, and copied here first.

    Args:
        path: the file.
        name: what messages call it; its path where None.
        text: columns that are text even where they look like numbers.

    Raises:
        InputError: ``not_found``, ``permission``, ``unknown_file``, ``other_kind``, and whatever its kind raises.
    """
    suffix = path.suffix.lower()
    if suffix == ".parquet":
        return ParquetRollouts(path)
    suffix = _of_text(path, suffix, name or str(path))
    if suffix == ".parquet":
        return ParquetRollouts(path)
    if isinstance(path, Path):
        return SUFFIXES[suffix](path, name, text)
    spool = Spool(path)
    rollouts = SUFFIXES[suffix](spool.path, name or str(path), text)
    rollouts.held = spool
    return rollouts


def _of_text(path: Place, suffix: str, name: str) -> str:
    """The kind of a file that is called after no kind of ours, or after a kind of text."""
    guard = input_errors(name) if isinstance(path, Path) else reading_errors(path)
    with guard, path.open("rb") as file:
        head = bytes(file.read(64))
    if suffix not in SUFFIXES and head.startswith(PARQUET):
        return ".parquet"
    refuse_other_kind(head, name, f"text in UTF-8, as {suffix} files are" if suffix in SUFFIXES else _KINDS)
    if suffix in SUFFIXES:
        return suffix
    if head.removeprefix(b"\xef\xbb\xbf").lstrip()[:1] == b"{":
        return ".jsonl"
    if not head.strip() and not suffix:
        raise InputError("no_rows", "There is nothing to read", where=name, expected="JSON lines", got="no line")
    raise InputError(
        "unknown_file",
        "It cannot be told what kind of file this is",
        where=name,
        expected=_KINDS,
        got=repr(head[:16]) if head else "an empty file",
        do="give the file the suffix of what it is",
    )
