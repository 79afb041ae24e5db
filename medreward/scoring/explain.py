"""Explaining one completion: every component, its value, why, and where in the text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from functools import lru_cache
from numbers import Real
from typing import Any

import numpy as np
import pyarrow as pa

from medreward.errors import InputError, MedrewardError, UsageError
from medreward.rewards import Reward, evaluate
from medreward.rewards.base import Gold, raised
from medreward.rewards.presets import DEFAULT, PRESETS
from medreward.scoring.golds import resolve_golds
from medreward.scoring.group_pass import GroupValues, needs_groups
from medreward.scoring.rows import read_completions
from medreward.scoring.scorer import RewardSource, Scorer
from medreward.scoring.settings import InputSettings
from medreward.text.buffer import SPACE, distinct, raw_strings
from medreward.text.choice import FORMS, REASONS, Select, choose
from medreward.text.facts import FLAWS, Blocks, ChoiceOf, repair_of
from medreward.text.facts.stray import gaps
from medreward.text.option_column import OptionColumn
from medreward.text.options import DEFAULT_LABELS, Options, OptionSet
from medreward.text.reading import Reading, read_only
from medreward.text.rows import Rows
from medreward.text.unwrap import string_array

__all__ = ["Explained", "Explanation", "Mark", "explain", "score_one"]

GoldCell = str | int | Sequence[str | int] | AbstractSet[str | int] | None
Cell = float | Sequence[int] | None
Numbers = Mapping[str, Cell] | None


@dataclass(frozen=True)
class Mark:
    """A stretch of a completion and what it is.

    Args:
        start: first code point.
        end: one past the last.
        kind: ``tag``, ``loose_tag``, ``reasoning``, ``answer``, ``label`` or ``stray``.
    """

    start: int
    end: int
    kind: str


@dataclass(frozen=True)
class Explained:
    """One named part of a reward, or the whole.

    Args:
        name: the component's name, or ``reward``.
        kind: the kind of its rule.
        value: what it is worth; None for null.
        why: why, in words.
        depth: how deep inside the reward it stands.
        is_component: whether its value is reported on its own.
    """

    name: str
    kind: str
    value: float | None
    why: str
    depth: int
    is_component: bool


@dataclass(frozen=True)
class Explanation:
    """Why a completion has the reward it has.

    Args:
        completion: the text; bytes that are no UTF-8 are U+FFFD.
        reward: the total; None for null.
        parts: the reward and everything it is made of, outermost first.
        answer: the label the answer commits to, several joined by ``,``, or None.
        form: how it is stated.
        reason: why there is no label, or "".
        flaws: each flaw and its repair.
        marks: what stands where, in order.
        source: the reward's preset name or digest.
    """

    completion: str | None
    reward: float | None
    parts: tuple[Explained, ...]
    answer: str | None
    form: str | None
    reason: str
    flaws: Mapping[str, str]
    marks: tuple[Mark, ...]
    source: str

    @property
    def components(self) -> dict[str, float | None]:
        """The value of each named component."""
        return {part.name: part.value for part in self.parts if part.is_component}

    def to_dict(self) -> dict[str, Any]:
        """The explanation as plain data."""
        return {
            "reward": self.reward,
            "source": self.source,
            "components": self.components,
            "parts": [
                {"name": p.name, "kind": p.kind, "value": p.value, "why": p.why, "depth": p.depth} for p in self.parts
            ],
            "answer": self.answer,
            "answer_form": self.form,
            "answer_reason": self.reason or None,
            "flaws": dict(self.flaws),
            "marks": [{"start": m.start, "end": m.end, "kind": m.kind} for m in self.marks],
            "completion": self.completion,
        }

    def __str__(self) -> str:
        lines = [f"reward {_number(self.reward)} by {self.source}"]
        for part in self.parts:
            heading = part.name or part.kind.split(".")[0]
            lines.append(f"{'  ' * part.depth}{heading} = {_number(part.value)}: {part.why}")
        lines.append(f"answer {self.answer or 'none'} ({self.form}{', ' + self.reason if self.reason else ''})")
        lines += [f"flaw {flaw}: {repair}" for flaw, repair in self.flaws.items()]
        return "\n".join(lines)


def _number(value: float | None) -> str:
    return "null" if value is None else f"{value:g}"


def _column_of_one(options: OptionSet) -> OptionColumn:
    zero = np.zeros(1, np.int64)
    return OptionColumn(zero, (options.labels or DEFAULT_LABELS,), lambda rows: (rows * 0, [options]), lambda: zero)


def _read_one(
    completion: str | None, gold: GoldCell, options: Options, scorer: Scorer, columns: Numbers
) -> tuple[Reading, Gold]:
    if completion is not None and not isinstance(completion, str):
        raise InputError("column_type", "A completion is text", got=repr(completion)[:80])
    buf, offsets, valid = raw_strings(read_completions(string_array([completion]), scorer.settings))
    offered = OptionSet.of(options)
    beside = _columns_of_one(columns or {}, scorer.columns)
    reading = Reading(Rows(buf, offsets, valid, _column_of_one(offered), beside), scorer.document.tags)
    if gold is None or not scorer.gold_forms:
        return reading, Gold(np.full(1, -1, np.int64), (np.zeros(1, np.int64), [None]), np.zeros(1, np.int64))
    return reading, (_gold_once if isinstance(gold, str) else _gold_of_one)(scorer, gold, offered)


def _gold_of_one(scorer: Scorer, gold: GoldCell, options: OptionSet) -> Gold:
    nothing = np.zeros(2, np.int64)
    rows = Rows(nothing[:0].view(np.uint8), nothing, np.ones(1, np.bool_), _column_of_one(options))
    found = resolve_golds(_gold_cell(gold, scorer), rows, scorer.settings, scorer.gold_forms, scorer.document.tags)
    return read_only(found)


_gold_once = lru_cache(maxsize=256)(_gold_of_one)  # the completions of one group share their gold and options


def _gold_cell(gold: GoldCell, scorer: Scorer) -> pa.Array:
    """The gold as a column of one cell."""
    several = isinstance(gold, Sequence | AbstractSet) and not isinstance(gold, str | bytes)
    given: list[object] = [*gold] if several and isinstance(gold, Sequence | AbstractSet) else [gold]
    parts = [_whole(part) for part in given]
    if not all(isinstance(part, str | int) for part in parts):
        raise InputError("gold_type", "A gold is text or a whole number, or several of them", got=repr(gold)[:80])
    asks = bool(scorer.gold_forms & {"label", "labels"})
    unclear = any(isinstance(part, int) for part in parts) and scorer.settings.gold_index is None and asks
    cells = pa.array([0], pa.int64()) if unclear else string_array([str(part) for part in parts])
    if unclear or not several:
        return cells  # what is unclear is refused where golds are resolved
    return pa.LargeListArray.from_arrays(pa.array([0, len(parts)], pa.int64()), cells)


def _whole(part: object) -> object:
    """A whole number of any kind as an int, as data frames write golds; what is no text and no number as None."""
    if isinstance(part, bool | np.bool_):
        return None
    if isinstance(part, Real):
        return int(float(part)) if float(part).is_integer() else None
    return part


def _columns_of_one(given: Mapping[str, Cell], wanted: Sequence[str]) -> dict[str, pa.Array]:
    missing = [name for name in wanted if name not in given]
    if missing:
        raise InputError(
            "missing_column",
            f"The reward reads the column {missing[0]!r}",
            got=", ".join(given) or "no column at all",
            do=f"give its number: columns={{{missing[0]!r}: …}}",
        )
    return {name: _column_of_cell(given[name]) for name in wanted}


def _column_of_cell(cell: Cell) -> pa.Array:
    if isinstance(cell, Sequence):
        return pa.array([list(cell)], pa.list_(pa.int64()))
    return pa.nulls(1) if cell is None else pa.array([float(cell)], pa.float64())


_DEFAULT_SETTINGS = InputSettings()


def _scorer_of(reward: RewardSource | Scorer, settings: InputSettings | None) -> Scorer:
    if isinstance(reward, str) and reward in PRESETS:
        return _preset_scorer(reward, settings or _DEFAULT_SETTINGS)
    if not isinstance(reward, Scorer):
        return Scorer(reward, settings=settings)
    if settings is not None and settings != reward.settings:
        raise UsageError("two_settings", "A scorer has its settings already", do="give the settings to the scorer")
    return reward


@lru_cache(maxsize=64)
def _preset_scorer(name: str, settings: InputSettings) -> Scorer:
    """The scorer of a preset, made once: making it costs more than scoring a completion."""
    return Scorer(name, settings=settings)


def score_one(
    completion: str | None,
    gold: GoldCell = None,
    options: Options = None,
    reward: RewardSource | Scorer = DEFAULT,
    *,
    settings: InputSettings | None = None,
    columns: Numbers = None,
) -> float | None:
    """The reward of one completion.

    Args:
        completion: what the model wrote; None scores None.
        gold: a label, ``<answer>label</answer>``, an option's text, several of them, or None.
        options: option texts (labelled A, B, …), or a map from label to text; without them labels are A to J.
        reward: as for :class:`Scorer`; a Scorer is taken as it is, with its settings.
        settings: how the gold is read.
        columns: what the reward reads from other columns: numbers, such as ``completion_tokens``, or lists of token
            numbers.

    Returns:
        The total; None where it is null, such as where the reward needs a gold and there is none.

    Raises:
        InputError: the gold names no option, or the options are wrong.
        DocumentError: the reward is wrong or unknown.
        UsageError: ``needs_groups``: the reward compares the completions of a group.

    Example:
        >>> import medreward
        >>> medreward.score_one("<think>t</think><answer>B, a mass.</answer>", gold="B", options=["Heart", "Lungs"])
        1.5
    """
    scorer = _scorer_of(reward, settings)
    if scorer.group_rules:
        raise needs_groups(scorer.group_rules)
    reading, resolved = _read_one(completion, gold, options, scorer, columns)
    values = evaluate(scorer.document.reward, reading, resolved)
    return float(values.data[0]) if values.valid[0] else None


def explain(
    completion: str | None,
    gold: GoldCell = None,
    options: Options = None,
    reward: RewardSource | Scorer = DEFAULT,
    *,
    settings: InputSettings | None = None,
    columns: Numbers = None,
    of_groups: GroupValues | None = None,
) -> Explanation:
    """Why a completion has the reward it has. Arguments and errors as for :func:`score_one`.

    What rules of group scope are worth in this row comes from a :meth:`Scorer.group_pass`, as ``of_groups``.

    Example:
        >>> import medreward
        >>> print(medreward.explain("<think>t</think><answer>(B)</answer>", gold="B").components)
        {'format': 1.0, 'accuracy': 0.5}
    """
    scorer = _scorer_of(reward, settings)
    if scorer.group_rules and of_groups is None:
        raise needs_groups(scorer.group_rules)
    reading, resolved = _read_one(completion, gold, options, scorer, columns)
    resolved = replace(resolved, of_groups=of_groups)
    choice = reading[scorer.choice]
    labels = reading.rows.options.label_sets[0]
    valid = bool(reading.rows.valid[0])
    parts = tuple(_explain_parts(scorer.document.reward, reading, resolved, 0))
    return Explanation(
        completion=reading.rows.text(0),
        reward=parts[0].value,
        parts=parts,
        answer=",".join(label for place, label in enumerate(labels) if choice.labels[0] >> place & 1) or None,
        form=FORMS[int(choice.form[0])] if valid else None,
        reason=REASONS[int(choice.reason[0])] if valid else "",
        flaws={flaw: repair_of(flaw) for flaw, has in zip(FLAWS, reading[scorer.flaws][0], strict=True) if has},
        marks=_marks(reading, scorer) if valid else (),
        source=scorer.document.source,
    )


def _explain_parts(reward: Reward, reading: Reading, gold: Gold, depth: int) -> list[Explained]:
    values = evaluate(reward, reading, gold)
    value = float(values.data[0]) if values.valid[0] else None
    why = _why(reward, reading, gold) if reading.rows.valid[0] else "the completion is null"
    name = reward.name or ("reward" if depth == 0 else "")
    found = [Explained(name, reward.kind, value, why, depth, reward.name is not None)]
    for part in reward.children():
        found += _explain_parts(part, reading, gold, depth + 1)
    return found


def _why(reward: Reward, reading: Reading, gold: Gold) -> str:
    """Why, in the rule's words; a rule of somebody else may raise anything."""
    try:
        return reward.why(reading, gold)
    except MedrewardError:
        raise
    except (Exception, SystemExit) as error:
        raise raised(f"The rule {reward.kind}", type(reward).__module__, error) from error


def _marks(reading: Reading, scorer: Scorer) -> tuple[Mark, ...]:
    """Tags, bodies, label and stray text, as code points."""
    blocks = reading[Blocks(scorer.choice.body.case)]
    tags, roles = blocks.tags, reading.roles
    found = [
        (int(start), int(end), "loose_tag" if loose else "tag")
        for start, end, loose in zip(tags.start, tags.end, blocks.loose, strict=True)
    ]
    for role, opener, closer, quoted in zip(blocks.role, blocks.opener, blocks.closer, blocks.quoted, strict=True):
        kind = {"think": "reasoning", "answer": "answer"}.get(roles[int(role)], "")
        if kind and not quoted:
            found.append((int(tags.end[opener]), int(tags.start[closer]), kind))
    found += _label_marks(reading, scorer.choice)
    _, stray = gaps(reading, scorer.choice.body.case)
    visible = stray[~stray.is_blank(SPACE)].strip()
    found += [(int(start), int(end), "stray") for start, end in zip(visible.start, visible.end, strict=True)]
    points = _code_points(reading, sorted({edge for mark in found for edge in mark[:2]}))
    marks = {Mark(points[start], points[end], kind) for start, end, kind in found}
    return tuple(sorted(marks, key=lambda mark: (mark.start, -mark.end)))


def _code_points(reading: Reading, edges: list[int]) -> dict[int, int]:
    """Byte offsets, ascending, as code points of the decoded text."""
    found, before, count = {}, int(reading.rows.offsets[0]), 0
    for edge in edges:
        count += len(reading.rows.buf[before:edge].tobytes().decode("utf-8", "replace"))
        found[edge], before = count, edge
    return found


def _label_marks(reading: Reading, fact: ChoiceOf) -> list[tuple[int, int, str]]:
    """Where the words stand that decided the label of each body; a body with tags inside is not marked."""
    bodies = reading[fact.body]
    select: Select = "many" if fact.asks_many(reading)[0] else "one"
    plain = np.ones(len(bodies.row), np.bool_)
    plain[bodies.mixed] = False
    spans = bodies.spans[plain].strip()
    codes, texts = distinct(spans)
    _, (options,) = reading.rows.options.fetch(np.zeros(1, np.int64))
    deciding = [_deciding_bytes(text.decode("utf-8", "replace"), options, select) for text in texts]
    return [
        (start + words[0], start + words[1], "label")
        for start, code in zip(spans.start.tolist(), codes.tolist(), strict=True)
        if (words := deciding[code]) is not None
    ]


def _deciding_bytes(body: str, options: OptionSet, select: Select) -> tuple[int, int] | None:
    choice = choose(body, options, select)
    if choice.span is None or not choice.labels:
        return None
    first, last = choice.span
    return len(body[:first].encode()), len(body[:last].encode())
