"""What is tested: a reward of ours, or a Python function in a trainer's form, asked for many rows at once."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa

from medreward.errors import UsageError
from medreward.rewards import Document, Reward, load_document
from medreward.rewards.document import DocumentSource, HasDocument
from medreward.rewards.group_rule import group_rules
from medreward.rewards.library import LibraryRule
from medreward.scoring.callables import CallableReward, Form, Outcome, Question, attempt
from medreward.scoring.scorer import Scorer
from medreward.testing.honest import Honest, templates_of
from medreward.testing.layout import option_maps
from medreward.testing.rollout import Rollout
from medreward.text.options import OptionSet
from medreward.text.tags import TagSet
from medreward.text.unwrap import string_array

__all__ = ["CallableSubject", "SpecSubject", "Subject", "as_number", "columns_of", "subject_of"]


def as_number(outcome: Outcome) -> float:
    """A row's value; NaN where it is null, failed or not finite."""
    return outcome if isinstance(outcome, float) and math.isfinite(outcome) else math.nan


class Subject:
    """A reward under test. Every row is scored once and remembered.

    Args:
        name: what it is called in reports.
        tags: the tags it speaks of.
        templates: how an honest completion is laid out: texts with ``{reasoning}`` and ``{answer}``.
        gold: how the gold cell is written: a text with ``{label}`` or ``{text}``.
    """

    def __init__(self, name: str, tags: TagSet, templates: tuple[str, ...], gold: str = "{label}") -> None:
        self.name, self.tags, self.templates, self.gold = name, tags, templates, gold
        self.honest_known: dict[OptionSet, Honest] = {}
        self._known: dict[Rollout, Outcome] = {}

    @property
    def uses_gold(self) -> bool:
        """Whether it looks at the gold."""
        raise NotImplementedError

    @property
    def tags_named(self) -> tuple[str, ...] | None:
        """The roles of the tags it names; None where it does not say."""
        return None

    @property
    def by_group(self) -> bool:
        """Whether it compares the completions of whole groups."""
        return False

    @property
    def may_be_null(self) -> bool:
        """Whether a row with completion and gold may be null, as TRL leaves samples out."""
        return True

    @property
    def bounds(self) -> tuple[float, float] | None:
        """The least and the greatest value it says it can have; None where it does not say."""
        return None

    def fresh(self, rollouts: Sequence[Rollout]) -> list[Outcome]:
        """The outcome of every row, found anew in one batch."""
        raise NotImplementedError

    def arrangements(self, rollouts: Sequence[Rollout]) -> Iterator[tuple[str, list[Outcome]]]:
        """The same rows in other orders and batches: what was done, and the outcomes in the order given."""
        yield "in reverse order", self.fresh(rollouts[::-1])[::-1]
        yield "each row twice", self.fresh([row for row in rollouts for _ in range(2)])[::2]
        for size in (7, 1):
            parts = [rollouts[at : at + size] for at in range(0, min(len(rollouts), 16 * size), size)]
            yield f"{size} at a time", [outcome for part in parts for outcome in self.fresh(part)]

    def score(self, rollouts: Sequence[Rollout]) -> list[Outcome]:
        """The outcome of every row."""
        new = list(dict.fromkeys(rollout for rollout in rollouts if rollout not in self._known))
        if new:
            self._known.update(zip(new, self.fresh(new), strict=True))
        return [self._known[rollout] for rollout in rollouts]

    def numbers(self, rollouts: Sequence[Rollout]) -> list[float]:
        """The value of every row; NaN where there is none."""
        return [as_number(outcome) for outcome in self.score(rollouts)]

    def cell(self, rollout: Rollout) -> str:
        """The gold cell of a row."""
        if rollout.cell is not None:
            return rollout.cell
        text = rollout.options.texts[rollout.options.labels.index(rollout.gold)] or rollout.gold
        return self.gold.replace("{label}", rollout.gold).replace("{text}", text)


class SpecSubject(Subject):
    """A reward of ours.

    Args:
        source: a preset's name, a document, or a reward.
        gold: how the gold cell is written.
        templates: how an honest completion is laid out, where it is not as the reward's tags say.
    """

    def __init__(self, source: DocumentSource, gold: str = "{label}", templates: tuple[str, ...] = ()) -> None:
        document = load_document(source)
        self.document: Document = document
        self.scorer = Scorer(document)
        super().__init__(
            source if isinstance(source, str) and len(source) < 80 else document.name or document.digest[:19],
            document.tags,
            templates or _templates(document),
            gold,
        )

    @property
    def uses_gold(self) -> bool:
        """Whether some rule asks for a form of the gold."""
        return bool(self.scorer.gold_forms)

    @property
    def tags_named(self) -> tuple[str, ...] | None:
        """The tags that the reward's rules name."""
        return self.document.tags_named()

    @property
    def by_group(self) -> bool:
        """Whether some rule is about groups."""
        return bool(group_rules(self.document.reward))

    @property
    def may_be_null(self) -> bool:
        """Only where a rule asks a library that may not understand a text."""
        return any(isinstance(part, LibraryRule) and part.on_error == "null" for part in self.document.reward.walk())

    @property
    def bounds(self) -> tuple[float, float]:
        """The reward's own bounds."""
        return self.document.reward.bounds()

    def table(self, rollouts: Sequence[Rollout]) -> dict[str, Any]:
        """The rows as input columns."""
        return columns_of(rollouts, [self.cell(rollout) for rollout in rollouts], self.scorer.columns)

    def fresh(self, rollouts: Sequence[Rollout]) -> list[Outcome]:
        """Score in one call."""
        return attempt(self._score, rollouts)

    def _score(self, rollouts: Sequence[Rollout]) -> list[Outcome]:
        found: list[Outcome] = self.scorer.score(self.table(rollouts)).table["reward"].to_pylist()
        return found

    def arrangements(self, rollouts: Sequence[Rollout]) -> Iterator[tuple[str, list[Outcome]]]:
        """Other orders and batches, and other Arrow types, chunks and slices."""
        yield from super().arrangements(rollouts)
        table = self.table(rollouts)
        for name, kind in _STRING_TYPES.items():
            given = {**table, "completion": table["completion"].cast(kind)}
            yield f"as {name}", self.scorer.score(pa.table(given)).table["reward"].to_pylist()
        twice = pa.concat_tables([pa.table(table)] * 2)
        sliced = twice.slice(len(rollouts) // 2, len(rollouts))
        found = self.scorer.score(sliced).table["reward"].to_pylist()
        turned = len(rollouts) - len(rollouts) // 2
        yield "in chunks and slices", [*found[turned:], *found[:turned]]


def _templates(document: Document) -> tuple[str, ...]:
    """Honest layouts; without a block of reasoning too where the reward does not speak of it, or of any tag."""
    named, whole = document.tags_named(), templates_of(document.tags, _order(document))
    if not named:
        return (*whole, "{answer}")
    if "think" in named or document.tags.think is None:
        return whole
    return (*whole, *templates_of(document.tags.model_copy(update={"think": None})))


def _order(document: Document) -> tuple[str, ...]:
    """The order of tags that the first rule about several of them names."""
    named = (getattr(spec, "tags", ()) for spec in document.specs())
    return next((tags for tags in named if isinstance(tags, tuple) and len(tags) > 1), ())


_STRING_TYPES = {
    "string": pa.string(),
    "string_view": pa.string_view(),
    "dictionary": pa.dictionary(pa.int32(), pa.large_string()),
}


def columns_of(rollouts: Sequence[Rollout], cells: Sequence[str], others: Sequence[str] = ()) -> dict[str, Any]:
    """Rollouts as Arrow columns, each row a group of its own.

    Args:
        rollouts: the rows.
        cells: their gold cells.
        others: further columns the reward reads: ``completion_tokens`` counts words, any other is 1.
    """
    texts = [rollout.completion for rollout in rollouts]
    made: dict[str, Any] = {
        "completion": string_array(texts),
        "gold": string_array(cells),
        "options": option_maps([rollout.options for rollout in rollouts]),
        "group_id": string_array([str(row) for row in range(len(texts))]),
    }
    for name in others:
        made[name] = pa.array([float(len(text.split())) if name == "completion_tokens" else 1.0 for text in texts])
    return made


class CallableSubject(Subject):
    """A Python reward function in TRL's or verl's form.

    Args:
        reward: the function.
        gold: how the gold cell is written.
        templates: how an honest completion is laid out; as ``<think>`` and ``<answer>`` blocks by default.
    """

    def __init__(self, reward: CallableReward, gold: str = "{label}", templates: tuple[str, ...] = ()) -> None:
        self.reward = reward
        super().__init__(reward.name, TagSet(), templates or templates_of(TagSet()), gold)

    @property
    def uses_gold(self) -> bool:
        """Whether the function's code reads the argument that holds the gold."""
        return self.reward.reads_gold

    def fresh(self, rollouts: Sequence[Rollout]) -> list[Outcome]:
        """Call the function."""
        return self.reward.score([Question(one.completion, self.cell(one), one.options) for one in rollouts])


def subject_of(
    reward: DocumentSource | Subject | CallableReward | Callable[..., Any],
    *,
    form: Form | None = None,
    gold: str = "{label}",
    templates: tuple[str, ...] = (),
) -> Subject:
    """Whatever names a reward, as a subject.

    Args:
        reward: a preset's name, a document, a reward; a subject as it is; or a Python function, with its form.
        form: ``trl`` or ``verl``, for a function.
        gold: how gold cells are written: a text with ``{label}`` or ``{text}``.
        templates: how an honest completion is laid out: texts with ``{reasoning}`` and ``{answer}``.

    Raises:
        DocumentError: the reward is wrong or unknown.
        UsageError: ``no_form``: a function without its form.
    """
    if isinstance(reward, Subject):
        return reward
    if isinstance(reward, CallableReward):
        return CallableSubject(reward, gold, templates)
    if isinstance(reward, str | Path | Mapping | Reward | Document | HasDocument):
        return SpecSubject(reward, gold, templates)
    if form is None:
        raise UsageError("no_form", "A reward function needs its calling form", expected="form='trl' or form='verl'")
    return CallableSubject(CallableReward(reward, form), gold, templates)
