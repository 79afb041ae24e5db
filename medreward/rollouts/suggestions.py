"""Which settings a file of rollouts needs, each found in its rows, and the flags that say it."""

from __future__ import annotations

import shlex
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from medreward.errors import InputError
from medreward.scoring import InputSettings, Scorer
from medreward.scoring.cells import python_cells
from medreward.scoring.rows import option_columns
from medreward.text.census import Census
from medreward.text.messages import is_messages, last_text
from medreward.text.prompt_options import options_in

__all__ = [
    "Suggestion",
    "options_note",
    "suggest_columns",
    "suggest_golds",
    "suggest_options",
    "suggest_reading",
    "suggest_turn",
]

_NAMES = {
    "completion": "response output completions generation generated_text model_output prediction responses answer_text",
    "gold": "solution answer ground_truth gts target label answer_key correct_answer answer_idx correct cop",
    "options": "choices candidates option",
    "prompt": "question input problem query instruction messages",
    "group_id": "uid prompt_id example_id question_id qid",
}
"""What others call the columns, the most likely first."""
_LABELS = "ABCDEFGHIJ"
_BEFORE_LABELS = ("", "option_", "option", "opt_", "opt", "op", "choice_", "choice", "answer_")
_MOST, _SOME = 0.5, 0.05  # shares of completions that make a suggestion worth it


@dataclass(frozen=True)
class Suggestion:
    """One setting that would help.

    Args:
        flags: how the command line says it.
        why: what in the data speaks for it.
        settings: the fields of the input settings.
    """

    flags: tuple[str, ...]
    why: str
    settings: dict[str, Any]


def suggest_columns(schema: pa.Schema, settings: InputSettings) -> list[Suggestion]:
    """Columns that go by another name."""
    found: list[Suggestion] = []
    columns = dict(settings.columns)
    taken = {*columns.values()}
    for canonical, others in _NAMES.items():
        if settings.column(canonical) in schema.names or canonical in columns:
            continue
        if canonical == "gold" and settings.gold_from is not None:
            continue
        fitting = [name for name in others.split() if name in schema.names and name not in taken]
        if canonical == "completion" and not fitting:
            fitting = [field.name for field in schema if is_messages(field.type) and field.name not in taken]
        if fitting:
            columns[canonical] = fitting[0]
            taken.add(fitting[0])
            flags = ("--map", f"{canonical}={fitting[0]}")
            found.append(Suggestion(flags, f"there is no column {canonical!r}", {"columns": dict(columns)}))
    return found


def suggest_reading(census: Census) -> list[Suggestion]:
    """Reading whole texts, where hardly any completion has an answer block."""
    answers = census.tags["<answer>"] + census.unopened["answer"]
    if not census.texts or answers > _SOME * census.texts:
        return []
    why = f"{answers} of {census.texts} completions have an answer block: answers are then read in the whole text"
    return [Suggestion(("--read", "text"), why, {})]


def suggest_turn(census: Census, table: pa.Table, settings: InputSettings) -> list[Suggestion]:
    """A prefill where completions close what they do not open, and end tokens that were left over."""
    found: list[Suggestion] = []
    unopened = census.unopened["think"]
    if not settings.prefill and unopened > _MOST * max(1, census.texts):
        text = _end_of_prompts(table, settings) or "<think>\n"
        shown = text.replace("\\", "\\\\").replace("\n", "\\n").replace("\t", "\\t")
        why = f"{unopened} of {census.texts} completions close <think> without having opened it: the prompt did"
        found.append(Suggestion(("--prefill", shown), why, {"prefill": text}))
    left = [token for token, count in census.end_tokens.most_common() if count > _SOME * census.texts]
    left = [token for token in left if token not in settings.end_tokens]
    if left:
        flags = tuple(part for token in left for part in ("--end-token", token))
        why = f"{sum(census.end_tokens[token] for token in left)} of {census.texts} completions end with such a token"
        found.append(Suggestion(flags, why, {"end_tokens": (*settings.end_tokens, *left)}))
    return found


def _end_of_prompts(table: pa.Table, settings: InputSettings) -> str | None:
    """What prompts end with from ``<think>`` on, where all that were looked at end alike."""
    prompts = _prompts(table, settings)
    tails = {prompt[prompt.rfind("<think>") :] if prompt.rstrip().endswith("<think>") else "" for prompt in prompts}
    return tails.pop() if len(tails) == 1 else None


def _prompts(table: pa.Table, settings: InputSettings) -> list[str]:
    """The distinct prompts, in order; of conversations the last user text."""
    name = settings.column("prompt")
    if table.schema.names.count(name) != 1:
        return []
    column = table.column(name).combine_chunks()
    if is_messages(column.type):
        column = last_text(column, "user")
    return list(dict.fromkeys(cell for cell in python_cells(column) if isinstance(cell, str)))


def suggest_options(batch: pa.RecordBatch, settings: InputSettings) -> list[Suggestion]:
    """Options that stand in columns of their own, or in the prompt, where no column of options is there."""
    if (
        settings.options_columns
        or settings.options_from == "prompt"
        or settings.column("options") in batch.schema.names
    ):
        return []
    lettered = _lettered(batch.schema.names)
    if lettered:
        names = ",".join(label if label == name else f"{label}={name}" for label, name in lettered)
        why = f"there are columns {', '.join(name for _, name in lettered)} and no column of options"
        return [Suggestion(("--options-columns", names), why, {"options_columns": lettered})]
    prompts = _prompts(pa.Table.from_batches([batch]), settings)
    told = sum(options_in(prompt) is not None for prompt in prompts)
    if not told or told <= _MOST * len(prompts):
        return []
    flags, changed = ["--options-from", "prompt"], {"options_from": "prompt"}
    if told < len(prompts):
        flags, changed = [*flags, "--bad-options", "none"], {**changed, "bad_options": "none"}
    why = f"there is no column of options, and {told} of {len(prompts)} prompts list theirs"
    return [Suggestion(tuple(flags), why, changed)]


def _lettered(names: list[str]) -> list[tuple[str, str]]:
    """Labels from A on, each with the column of its option: ``A``, ``opa``, ``option_a``, …; at least two."""
    for before in _BEFORE_LABELS:
        for written in (_LABELS, _LABELS.lower()):
            columns = [before + letter for letter in written]
            count = next((i for i, name in enumerate(columns) if name not in names), len(columns))
            if count >= 2:
                return list(zip(_LABELS, columns[:count], strict=False))
    return []


def options_note(schema: pa.Schema, settings: InputSettings) -> str | None:
    """What to say of data whose options are not read though they seem to be there; None where they are not."""
    if option_columns(schema, settings):
        return None
    found = [one for one in suggest_columns(schema, settings) if "options" in one.settings.get("columns", {})]
    lettered = _lettered(schema.names)
    if not found and not lettered:
        return None
    flag = shlex.join(found[0].flags) if found else f"--options-columns {','.join(f'{a}={b}' for a, b in lettered)}"
    return f"no options are read, so labels are A to J; these may be them: {flag}"


def suggest_golds(batch: pa.RecordBatch, settings: InputSettings) -> list[Suggestion]:
    """How golds are given: the first option's number where they are numbers; label or text where they could be both."""
    name = settings.column("gold")
    if name not in batch.schema.names:
        if settings.gold_from is not None:
            return []
        why = "there is no column of golds: join them from the data set by a key, such as the prompt"
        return [Suggestion(("--gold-from", "FILE", "--on", "COLUMN"), why, {})]
    cells = batch.column(name).drop_null()
    numbers = _numbers(cells) if settings.gold_index is None else []
    if numbers and not _names_labels(batch, settings):
        return _first_number(numbers)
    return [] if settings.gold_as != "auto" else _label_or_text(batch, settings)


def _numbers(cells: pa.Array) -> list[int]:
    """Golds that are whole numbers all, as such or written out; none where some are not."""
    given = python_cells(cells)
    return [int(cell) for cell in given] if all(str(cell).isdecimal() for cell in given) else []


def _names_labels(batch: pa.RecordBatch, settings: InputSettings) -> bool:
    """Whether the first golds name options as they are given: numbers may be labels."""
    if pa.types.is_integer(batch.schema.field(settings.column("gold")).type):
        return False
    lenient = InputSettings.model_validate({**settings.model_dump(), "bad_options": "none", "bad_gold": "null"})
    try:
        given = Scorer("mcq", settings=lenient).sample_golds(batch)
    except InputError:
        return False
    return given is not None and given[1] > 0


def _first_number(numbers: Iterable[int]) -> list[Suggestion]:
    low, high = min(numbers), max(numbers)
    if low not in (0, 1):
        return []
    why = f"golds are numbers from {low} to {high}"
    doubt = "" if low == 0 else "; check that the first option's number is not 0"
    return [Suggestion(("--gold-index", str(low)), why + doubt, {"gold_index": low})]


def _label_or_text(batch: pa.RecordBatch, settings: InputSettings) -> list[Suggestion]:
    lenient = InputSettings.model_validate({**settings.model_dump(), "bad_options": "none"})
    try:
        Scorer("mcq", settings=lenient).score_batch(batch)
    except InputError as error:
        if error.code == "ambiguous_gold":
            why = "some golds are one option's label and another's text; labels are the more usual"
            return [Suggestion(("--gold-as", "label"), why, {"gold_as": "label"})]
    return []
