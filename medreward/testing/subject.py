"""What is tested: a reward of ours, or a Python function in a trainer's form, asked for many rows at once."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
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
from medreward.testing.honest import Honest
from medreward.testing.layout import option_maps
from medreward.testing.rollout import ASKED, Rollout, make_rollouts
from medreward.testing.wording import Wording, templates_of
from medreward.text.attacks import ATTACKS, of_layout
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
        usual: how an honest completion is laid out, as far as its tags say.
        gold: how the gold cell is written: a text with ``{label}`` or ``{text}``.
        templates: how an honest completion is laid out, where it is not as the tags say: see ``Wording``.

    Raises:
        UsageError: ``bad_template``, ``bad_gold_form``.
    """

    def __init__(
        self, name: str, tags: TagSet, usual: Sequence[str], gold: str = "{label}", templates: Sequence[str] = ()
    ) -> None:
        self.name, self.tags = name, tags
        self.wording = Wording(templates or usual, gold)
        self.templates, self.offered = self.wording.templates, self.wording.offered
        self._told = self.templates if templates else ()
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

    def rollouts(self, count: int, *, seed: int = 0, offered: Sequence[OptionSet] | None = None) -> list[Rollout]:
        """Rollouts to try it on, made from a seed.

        Raises:
            UsageError: ``bad_examples``.
        """
        if count < 1:
            raise UsageError("bad_examples", "A law is tried on some rollouts", expected="1 or more", got=str(count))
        return make_rollouts(count, seed=seed, tags=self.tags, offered=offered or self.offered, templates=self._told)

    def attacks(self) -> list[Rollout]:
        """What every known attack writes, in the tags and in each layout."""
        written: list[Rollout] = []
        for options in ASKED:
            ways = [attack.write(self.tags, options) for attack in ATTACKS]
            for answers in zip(*(self.wording.said(options, label) for label in options.labels), strict=True):
                ways += [of_layout(template, answers) for template in self.templates]
            written += [Rollout(text, options.labels[0], options) for way in ways for text in way]
        return written

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
        return self.wording.cell(rollout.options, rollout.gold)


class SpecSubject(Subject):
    """A reward of ours.

    Args:
        source: a preset's name, a document, or a reward.
        gold: how the gold cell is written.
        templates: how an honest completion is laid out, where it is not as the reward's tags say.
    """

    def __init__(self, source: DocumentSource, gold: str = "{label}", templates: Sequence[str] = ()) -> None:
        document = load_document(source)
        self.document: Document = document
        self.scorer = Scorer(document)
        named = source if isinstance(source, str) and len(source) < 80 else document.source
        name = named[:19] if named.startswith("sha256:") else named
        super().__init__(name, document.tags, _usual(document), gold, templates)

    @property
    def uses_gold(self) -> bool:
        """Whether some rule asks for a form of the gold."""
        return bool(self.scorer.gold_forms)

    @property
    def tags_named(self) -> tuple[str, ...] | None:
        """The tags that the reward's rules name; None where a rule of somebody else names none, and may read any."""
        return _tags_named(self.document)

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
        return self._rewards(self.table(rollouts))

    def _rewards(self, table: object) -> list[Outcome]:
        values = self.scorer.score(table).rewards.tolist()  # no answers are read: only some rewards need them
        return [None if math.isnan(value) else value for value in values]  # rules give null or a finite number

    def arrangements(self, rollouts: Sequence[Rollout]) -> Iterator[tuple[str, list[Outcome]]]:
        """Other orders and batches, and other Arrow types, chunks and slices."""
        yield from super().arrangements(rollouts)
        for name, kind in _STRING_TYPES.items():
            yield f"as {name}", attempt(partial(self._score_as, kind), rollouts)
        yield "in chunks and slices", attempt(self._score_sliced, rollouts)

    def _score_as(self, kind: pa.DataType, rollouts: Sequence[Rollout]) -> list[Outcome]:
        """With completions of another Arrow type."""
        table = self.table(rollouts)
        return self._rewards(pa.table({**table, "completion": table["completion"].cast(kind)}))

    def _score_sliced(self, rollouts: Sequence[Rollout]) -> list[Outcome]:
        """As a slice of a longer table, its second half before its first."""
        half = len(rollouts) // 2
        twice = pa.concat_tables([pa.table(self.table(rollouts))] * 2)
        found = self._rewards(twice.slice(half, len(rollouts)))
        return [*found[len(rollouts) - half :], *found[: len(rollouts) - half]]


def _tags_named(document: Document) -> tuple[str, ...] | None:
    """The tags that rules name; None where a rule that is not the library's own names none."""
    for spec in document.specs():
        ours = type(spec).__module__.startswith("medreward.") and getattr(spec, "is_serializable", True)
        if not ours and not spec.tags_named():
            return None
    return document.tags_named()


def _usual(document: Document) -> tuple[str, ...]:
    """Honest layouts; without a block of reasoning too where the reward does not speak of it, or of any tag."""
    named, whole = _tags_named(document), templates_of(document.tags, _order(document))
    if named is None:
        return whole
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

    def __init__(self, reward: CallableReward, gold: str = "{label}", templates: Sequence[str] = ()) -> None:
        self.reward = reward
        super().__init__(reward.name, TagSet(), templates_of(TagSet()), gold, templates)

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
    text: bool = False,
    gold_column: str | None = None,
    gold: str = "{label}",
    templates: Sequence[str] = (),
) -> Subject:
    """Whatever names a reward, as a subject.

    Args:
        reward: a preset's name, a document, a reward; a subject as it is; or a Python function, with its form.
        form: ``trl`` or ``verl``, for a function.
        text: for a function in TRL's form: whether completions are plain text, not messages.
        gold_column: for a function in TRL's form: the column that holds golds, ``solution`` where None.
        gold: how gold cells are written: a text with ``{label}`` or ``{text}``.
        templates: how an honest completion is laid out: texts with ``{reasoning}``, and ``{answer}`` for what the gold
            says or the label; or, where an answer says something else, with ``{label}`` and ``{text}`` in its place.

    Raises:
        DocumentError: the reward is wrong or unknown.
        UsageError: ``no_form``: a function without its form; ``bad_form``; ``no_reward``; ``not_applicable``: what is
            said has nothing to do with such a reward; ``bad_template``, ``bad_gold_form``.
    """
    given: object = reward
    calling = {"form": form, "text": text, "gold_column": gold_column}
    if isinstance(reward, Subject):
        _refuse("a subject", {**calling, "gold": gold != "{label}", "templates": templates})
        return reward
    if isinstance(reward, CallableReward):
        _refuse("a CallableReward, which has its own", calling)
        return CallableSubject(reward, gold, templates)
    if isinstance(reward, str | Path | Mapping | Reward | Document | HasDocument):
        _refuse("a reward that is no Python function", calling)
        return SpecSubject(reward, gold, templates)
    if not callable(given):
        expected = "a preset's name, a document, a reward, or a Python function with its form"
        raise UsageError("no_reward", "This is no reward", expected=expected, got=repr(given)[:200])
    if form is None:
        raise UsageError("no_form", "A reward function needs its calling form", expected="form='trl' or form='verl'")
    called = CallableReward(reward, form, messages=not text, gold=gold_column or "solution")
    if form != "trl":
        _refuse(f"a function in the form of {form}", {"text": text, "gold_column": gold_column})
    return CallableSubject(called, gold, templates)


def _refuse(what: str, given: Mapping[str, object]) -> None:
    """What would be passed over in silence is a mistake."""
    wrong = [name for name, value in given.items() if value]
    if wrong:
        names = " and ".join(wrong)
        raise UsageError("not_applicable", f"{names} cannot be said of {what}", got=names, do="leave it out")
