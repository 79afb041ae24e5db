"""Hypothesis strategies for everything a reward is given, and for rewards.

They are made of the same grammar as seeded rollouts, and shrink to readable text: whole fragments go first, and the
first choice everywhere is the plainest. All arguments are keywords, and all have defaults.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any, TypeVar

import pyarrow as pa

from medreward.errors import MissingExtraError
from medreward.rewards import RULES, Document, Reward
from medreward.testing.grammar import BODIES, HEDGES, SHAPES, Asked, Pick, answer_body, fragments
from medreward.testing.rollout import OFFERED, Rollout
from medreward.text.options import OptionSet
from medreward.text.tags import TagSet
from medreward.text.unwrap import string_array

try:
    from hypothesis import HealthCheck, Phase, given, settings, target
    from hypothesis import seed as seeded
    from hypothesis import strategies as st
    from hypothesis.strategies import DrawFn, SearchStrategy
except ImportError as error:
    raise MissingExtraError(
        "missing_extra", "hypothesis is not installed", do="pip install 'medreward[testing]'"
    ) from error

__all__ = [
    "answer_bodies",
    "completions",
    "documents",
    "drive",
    "golds",
    "groups",
    "options",
    "rewards",
    "rollouts",
    "tag_sets",
]

T = TypeVar("T")
_TEXTS = ("Heart", "Lungs", "Liver", "Spleen", "Bone cyst", "No finding", "Abscess", "\u80ba")
_STRINGS: tuple[pa.DataType, ...] = (
    pa.large_string(),
    pa.string(),
    pa.string_view(),
    pa.dictionary(pa.int32(), pa.large_string()),
    pa.dictionary(pa.int8(), pa.string()),
)


@lru_cache(maxsize=4096)
def _places(count: int) -> SearchStrategy[int]:
    """Strategies are made once: made anew in each draw they would cost more than the drawing."""
    return st.integers(0, count - 1)


def _picker(draw: DrawFn) -> Pick:
    def pick(items: Sequence[T]) -> T:
        return items[draw(_places(len(items)))] if len(items) > 1 else items[0]

    return pick


@st.composite
def completions(
    draw: DrawFn,
    *,
    options: OptionSet = OFFERED[0],
    tags: TagSet = TagSet(),  # noqa: B008 - immutable
    shapes: Sequence[str] = tuple(SHAPES),
) -> str:
    """One completion: well formed, or wrong in one of many ways.

    Args:
        draw: given by hypothesis.
        options: what it may answer with.
        tags: the tags it is asked to write.
        shapes: how it may be: names of ``medreward.testing.grammar.SHAPES``.
    """
    return "".join(fragments(_picker(draw), Asked(options, tags), shapes))


@st.composite
def answer_bodies(draw: DrawFn, *, label: str = "B", options: OptionSet = OFFERED[0], committed: bool = False) -> str:
    """The text inside an answer block of someone who thinks of a label.

    Args:
        draw: given by hypothesis.
        label: the label.
        options: what was offered.
        committed: leave out bodies about several labels or none.
    """
    return answer_body(_picker(draw), options, label, BODIES if committed else (*BODIES, *HEDGES))


@st.composite
def options(draw: DrawFn, *, least: int = 2, most: int = 8, texts: bool | None = None) -> OptionSet:
    """The options of one question, labelled A, B and so on.

    Args:
        draw: given by hypothesis.
        least: the fewest options.
        most: the most, at most 8.
        texts: whether their texts are known; None for either.
    """
    count = draw(st.integers(least, most))
    offered = OptionSet.listed(list(_TEXTS[:count]))
    known = draw(st.sampled_from((True, False))) if texts is None else texts
    return offered if known else OptionSet(offered.labels, (None,) * count)


@st.composite
def golds(draw: DrawFn, *, options: OptionSet = OFFERED[0], spellings: bool = True) -> str:
    """A gold cell: a label, and also in lower case, inside an answer tag, or as its option's text.

    Args:
        draw: given by hypothesis.
        options: what was offered.
        spellings: whether it may be more than the bare label.
    """
    label = draw(st.sampled_from(options.labels))
    text = options.texts[options.labels.index(label)]
    ways = [label, label.lower(), f" {label}\n", f"<answer> {label} </answer>", *([text] if text else [])]
    return draw(st.sampled_from(ways)) if spellings else label


@st.composite
def _rows(draw: DrawFn, *, tags: TagSet) -> tuple[str | None, str | None, OptionSet | None]:
    offered = draw(options(most=5))
    completion = draw(st.none() | completions(options=offered, tags=tags)) if draw(st.booleans()) else "B"
    gold = draw(golds(options=offered)) if draw(st.integers(0, 7)) else None
    return completion, gold, offered


@st.composite
def rollouts(draw: DrawFn, *, most: int = 8, tags: TagSet = TagSet()) -> pa.Table:  # noqa: B008 - immutable
    """An Arrow table of rollouts: every string type, chunks, slices, null completions and golds.

    Args:
        draw: given by hypothesis.
        most: the most rows.
        tags: the tags completions are asked to write.
    """
    return _shaped(draw, draw(st.lists(_rows(tags=tags), max_size=most)))


def _shaped(draw: DrawFn, rows: Sequence[tuple[str | None, str | None, OptionSet | None]], **more: Any) -> pa.Table:
    """Rows as a table whose memory is laid out in one of the ways Arrow allows."""
    kind = draw(st.sampled_from(_STRINGS))
    pairs = [None if one is None else list(zip(one.labels, one.texts, strict=True)) for _, _, one in rows]
    text = [None if text is None else text.encode("utf-8", "replace").decode() for text, _, _ in rows]
    whole = pa.table(
        {
            "completion": string_array(text).cast(kind),
            "gold": string_array([gold for _, gold, _ in rows]),
            "options": pa.array(pairs, pa.map_(pa.string(), pa.string())),
            **more,
        }
    )
    before, after = draw(st.integers(0, 2)), draw(st.integers(0, 2))
    if rows and (before or after):  # a slice of a longer table
        parts = [whole.slice(0, 1)] * before + [whole] + [whole.slice(0, 1)] * after
        whole = pa.concat_tables(parts).combine_chunks().slice(before, len(rows))
    cut = draw(st.integers(0, len(rows)))
    return pa.concat_tables([whole.slice(0, cut), whole.slice(cut)]) if cut else whole


@st.composite
def groups(draw: DrawFn, *, most: int = 3, size: int = 4) -> pa.Table:
    """An Arrow table of groups: the rollouts of one prompt share ``group_id``, gold and options.

    Args:
        draw: given by hypothesis.
        most: the most groups.
        size: the most rollouts of one group.
    """
    rows: list[tuple[str | None, str | None, OptionSet | None]] = []
    ids: list[str] = []
    for number in range(draw(st.integers(1, most))):
        offered = draw(options(most=5))
        gold = draw(golds(options=offered))
        for _ in range(draw(st.integers(1, size))):
            rows.append((draw(completions(options=offered)), gold, offered))
            ids.append(f"g{number}")
    return _shaped(draw, rows, group_id=string_array(ids))


def _leaves() -> list[Reward]:
    """Every rule of the library that can be made without being told anything."""
    return [
        rule.model_validate({})
        for rule in RULES
        if not any(field.is_required() for field in rule.model_fields.values())
    ]


@st.composite
def _leaf(draw: DrawFn) -> Reward:
    from medreward.rewards import Constant, ExtraneousText, Ladder, PartialCredit, TagPresence

    ways = draw(st.integers(0, 4))
    number = st.floats(-2, 2, allow_nan=False).map(lambda value: round(value, 2))
    if ways == 0:
        return draw(st.sampled_from(_leaves()))
    if ways == 1:
        return Constant(value=draw(number))
    if ways == 2:
        return TagPresence(
            count=draw(st.sampled_from(("exactly_once", "at_least_once"))),
            ordered=False,
            credit=draw(st.sampled_from(("all", "per_tag"))),
        )
    if ways == 3:
        return ExtraneousText(mode="penalty", amount=abs(draw(number)))
    return PartialCredit(ladder=Ladder(wrapped=draw(number), text_only=draw(number)))


def rewards(*, most: int = 6, leaves: Sequence[Reward] | None = None) -> SearchStrategy[Reward]:
    """Composed rewards: rules of the library in sums, products, gates, limits, lines.

    Args:
        most: the most rules in one.
        leaves: the rules, besides constants; None for every rule of the library.
    """
    from medreward.rewards import (
        Clip,
        Coalesce,
        Constant,
        FirstOf,
        Gate,
        MapRange,
        Maximum,
        Minimum,
        Product,
        Scale,
        Tanh,
    )  # fmt: skip

    number = st.floats(-2, 2, allow_nan=False).map(lambda value: round(value, 2))
    constants = st.builds(lambda value: Constant(value=value), number)

    def composed(inner: SearchStrategy[Reward]) -> SearchStrategy[Reward]:
        return st.one_of(
            st.builds(lambda weight, one, two: weight * one + two, number, inner, inner),
            st.builds(Product.of, inner, inner),
            st.builds(Minimum.of, inner, inner),
            st.builds(Maximum.of, inner, inner),
            st.builds(lambda one, two, three: Gate(condition=one, then=two, otherwise=three), inner, inner, inner),
            st.builds(lambda one, two, three: FirstOf.of((one, two), otherwise=three), inner, inner, inner),
            st.builds(lambda one: Clip(reward=one, low=-1, high=1), inner),
            st.builds(lambda one: Tanh(reward=one), inner),
            st.builds(lambda one, two, three: Scale(reward=one, factor=two, offset=three), inner, number, number),
            st.builds(lambda one, two, three: MapRange(reward=one, low=two, high=three, from_low=0, from_high=1),
                      inner, number, number),
            st.builds(Coalesce.of, inner, inner),
        )  # fmt: skip

    plain = _leaf() if leaves is None else st.sampled_from(leaves) | constants
    return st.recursive(plain, composed, max_leaves=most)


def documents() -> SearchStrategy[Document]:
    """Documents of composed rewards."""
    return rewards().map(lambda reward: Document(reward=reward))


def tag_sets() -> SearchStrategy[TagSet]:
    """What tags are called in the text."""
    return st.sampled_from((TagSet(), TagSet(think="thinking"), TagSet(answer="solution"), TagSet(others=("caption",))))


def drive(
    lead: Callable[[Sequence[Rollout]], float],
    *,
    tags: TagSet,
    offered: Sequence[OptionSet],
    seed: int,
    until: float,
    examples: int = 40,
) -> None:
    """Let hypothesis' targeted search make completions, towards a greater lead.

    Args:
        lead: how good the best of several rollouts is.
        tags: the tags completions are asked to write.
        offered: the questions.
        seed: what the search is made from.
        until: the ``time.monotonic`` after which nothing new is tried.
        examples: how many batches are tried at most.
    """
    asked = st.sampled_from([Asked(one, tags) for one in offered])

    @st.composite
    def batches(draw: DrawFn) -> list[Rollout]:
        question = draw(asked)
        texts = ["".join(fragments(_picker(draw), question)) for _ in range(5)]
        return [Rollout(text, question.options.labels[0], question.options) for text in texts]

    @seeded(seed)
    @settings(
        max_examples=examples,
        database=None,
        deadline=None,
        phases=(Phase.generate, Phase.target),
        suppress_health_check=list(HealthCheck),
    )
    @given(batches())
    def search(rows: list[Rollout]) -> None:
        if time.monotonic() < until:
            found = lead(rows)
            if found - found == 0:
                target(found)

    search()
