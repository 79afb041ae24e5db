"""The columns of a batch, as rows to read: what the model wrote, and what it was offered to choose from."""

from __future__ import annotations

import ast
import json
from collections.abc import Iterable

import numpy as np
import pyarrow as pa
import regex

from medreward.errors import InputError
from medreward.scoring.cells import array_of
from medreward.scoring.inputs import plain_strings, require_column
from medreward.scoring.settings import InputSettings
from medreward.text.buffer import Ints
from medreward.text.messages import is_messages, last_text
from medreward.text.option_column import is_text, text_codes
from medreward.text.options import MAX_LISTED, OptionSet
from medreward.text.prompt_options import options_in
from medreward.text.rows import Rows
from medreward.text.turn import prefixed, without_end_tokens

__all__ = ["option_columns", "read_completions", "read_options", "read_rows"]

_SHOWN, _TAIL = 5, 160
_MAP = pa.map_(pa.large_string(), pa.large_string())


def read_rows(batch: pa.RecordBatch, settings: InputSettings, first_row: int = 0, columns: Iterable[str] = ()) -> Rows:
    """The rows of one batch: completions, options where the batch has them, and the named columns."""
    name = require_column(batch.schema, "completion", settings, "it holds what the model wrote")
    completions = read_completions(batch.column(name), settings)
    beside = {column: batch.column(settings.column(column)) for column in columns}
    options = read_options(batch, settings, first_row)
    return Rows.of(completions, options, beside, first_row, settings.column("options"))


def read_completions(cells: pa.Array, settings: InputSettings) -> pa.Array:
    """What the model wrote, as the run's settings say it is to be read.

    Args:
        cells: text of any Arrow type, or conversations, whose last assistant text counts.
        settings: end tokens are cut from the end, and the prefill is put before every text.

    Raises:
        InputError: ``column_type``.
    """
    if is_messages(cells.type):
        cells = last_text(cells, "assistant")
    texts = plain_strings(cells, settings.column("completion"))
    return prefixed(without_end_tokens(texts, settings.end_tokens), settings.prefill)


def option_columns(schema: pa.Schema, settings: InputSettings) -> list[str]:
    """The columns that options are read from, by their own names; none where the data has no options.

    Raises:
        InputError: ``missing_column``, ``repeated_column``.
    """
    if settings.options_from == "prompt":
        return [require_column(schema, "prompt", settings, "options are read out of it")]
    if settings.options_columns:
        return [require_column(schema, name, settings, "it holds an option") for _, name in settings.options_columns]
    if settings.column("options") in schema.names or settings.column("options") != "options":
        return [require_column(schema, "options", settings, "it was named for the options")]
    return []


def read_options(batch: pa.RecordBatch, settings: InputSettings, first_row: int = 0) -> pa.Array | None:
    """What each row offers: a list of texts, or a map or struct from label to text; None where nothing says it.

    Raises:
        InputError: ``missing_column``, ``repeated_column``, ``no_options_in_prompt``, ``options_text``.
    """
    names = option_columns(batch.schema, settings)
    if settings.options_from == "prompt":
        return _options_of_prompts(batch.column(names[0]), settings, first_row)
    if settings.options_columns:
        cells = [_as_text(batch.column(name), name) for name in names]
        return pa.StructArray.from_arrays(cells, names=[label for label, _ in settings.options_columns])
    if not names:
        return None
    options = batch.column(names[0])
    return _options_of_texts(options, names[0], first_row) if is_text(options.type) else _whole_numbers_as_text(options)


def _as_text(cells: pa.Array, name: str) -> pa.Array:
    """An option's column: text, or whole numbers written out."""
    return cells.cast(pa.large_string()) if pa.types.is_integer(cells.type) else plain_strings(cells, name)


def _whole_numbers_as_text(options: pa.Array) -> pa.Array:
    kind = options.type
    if (pa.types.is_list(kind) or pa.types.is_large_list(kind)) and pa.types.is_integer(kind.value_type):
        return options.cast(pa.list_(pa.large_string()))
    return options


def _options_of_texts(cells: pa.Array, name: str, first_row: int) -> pa.Array:
    """Options written as JSON or as Python writes lists, as in CSV files: read once for each distinct text."""
    codes, distinct = text_codes(cells)
    found = [None if text is None else _options_of_text(text) for text in distinct]
    wrong = np.array([text is not None and options is None for text, options in zip(distinct, found, strict=True)])
    if wrong.any():
        row = int(wrong[codes].argmax())
        raise InputError(
            "options_text",
            "The options column holds text that is no list of options",
            where=f"column {name!r}, row {row + first_row}",
            expected="a list of strings or an object from label to string, as JSON or as Python writes it",
            got=repr(distinct[codes[row]])[:_TAIL],
            do=f"where the text lists them as prompts do, A) … B) …: --options-from prompt --map prompt={name}",
        )
    return _taken(found, codes)


_ESCAPE = r"""\\[\\'"abfnrtvxuU0-7]"""
_WRITTEN = rf"""(?:'(?:[^'\\]|{_ESCAPE})*+'|"(?:[^"\\]|{_ESCAPE})*+"|None)\s*+"""
_LIST = rf"\[\s*+(?:{_WRITTEN}(?:,\s*+|(?=\])))*+\]"
_DICT = rf"\{{\s*+(?:{_WRITTEN}:\s*+{_WRITTEN}(?:,\s*+|(?=\}})))*+\}}"
_PYTHON = regex.compile(rf"\s*+(?:{_LIST}|{_DICT})\s*+")
"""Lists and dicts of strings as Python writes them, which is how data frames write them into CSV. Two strings side by
side, as numpy writes arrays, would be one to Python, and are none here."""


def _options_of_text(text: str) -> dict[str, str | None] | None:
    """Text by label; nothing in the text means none were named; None where it is something else."""
    try:
        given = json.loads(text) if text.strip() else {}
    except (ValueError, RecursionError):
        if _PYTHON.fullmatch(text) is None:
            return None
        try:
            given = ast.literal_eval(text.strip())
        except (ValueError, SyntaxError):  # such as an escape that is none
            return None
    if isinstance(given, list) and len(given) <= MAX_LISTED:
        offered = OptionSet.listed(given)
        given = dict(zip(offered.labels, offered.texts, strict=True)) if given else {}
    if not isinstance(given, dict) or not all(isinstance(label, str) for label in given):
        return None
    if not all(text is None or isinstance(text, str) for text in given.values()):
        return None
    return given


def _taken(found: list[dict[str, str | None] | None] | list[dict[str, str] | None], codes: Ints) -> pa.Array:
    """The options of every row; -1 is a row without."""
    indices = pa.Array.from_buffers(pa.int64(), len(codes), [None, pa.py_buffer(codes % (len(found) + 1))])
    return array_of([*found, None], _MAP).take(indices)


def _options_of_prompts(prompts: pa.Array, settings: InputSettings, first_row: int) -> pa.Array:
    """The options of every row, found once for each distinct prompt; of a conversation the last user text counts."""
    name = settings.column("prompt")
    texts = last_text(prompts, "user") if is_messages(prompts.type) else prompts
    codes, distinct = text_codes(plain_strings(texts, name))
    found = [None if text is None else options_in(text) for text in distinct]
    unknown = np.array([options is None for options in found] + [True])[codes]
    if unknown.any() and settings.bad_options == "error":
        _complain(np.flatnonzero(unknown), codes, distinct, name, first_row)
    return _taken(found, codes)


def _complain(rows: Ints, codes: Ints, distinct: list[str | None], name: str, first_row: int) -> None:
    lines = []
    for row in rows[:_SHOWN].tolist():
        prompt = distinct[codes[row]] if codes[row] >= 0 else None
        shown = "no prompt" if prompt is None else f"{'…' * (len(prompt) > _TAIL)}{prompt[-_TAIL:]!r}"
        lines.append(f"row {row + first_row}: {shown}")
    raise InputError(
        "no_options_in_prompt",
        "It cannot be told for certain which options a prompt lists",
        where=f"column {name!r}, {len(rows)} rows of those read so far",
        expected="labels from A on, marked alike: A. A) (A) or A:, one a line, in columns, or in one line",
        got="\n            ".join(lines),
        do="give the options in a column, or score such rows without options: --bad-options none, or"
        " InputSettings(bad_options='none')",
    )
