"""Strategies reach every hard case, and shrink to readable text."""

from __future__ import annotations

from collections.abc import Callable

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, Phase, find, given, settings
from hypothesis import strategies as st

from medreward import Document, OptionSet, Reward, Scorer, TagSet, load_document
from medreward.testing import answer_bodies, completions, golds, groups, make_rollouts, options, rewards, rollouts
from medreward.testing.grammar import SHAPES
from medreward.testing.layout import flaws_of
from medreward.testing.registration import register
from medreward.text.choice import choose
from medreward.text.facts.flaws import FLAWS

register()  # as hypothesis does where the package is installed
OPTIONS = OptionSet.listed(["Heart", "Lungs", "Liver", "Spleen"])
QUICK = settings(
    max_examples=3000, database=None, deadline=None, derandomize=True, suppress_health_check=[*HealthCheck]
)

UNSHRUNK = settings(QUICK, phases=[Phase.generate])


def smallest(condition: Callable[[str], bool], **how: object) -> str:
    """The simplest completion for which a condition holds."""
    return find(completions(**how), condition, settings=QUICK)  # type: ignore[arg-type]


def has(flaw: str) -> Callable[[str], bool]:
    """Whether a completion has a flaw."""
    return lambda text: flaw in flaws_of([text], TagSet())[0]


@pytest.mark.parametrize("flaw", [flaw for flaw in FLAWS if flaw != "invalid_utf8"])
def test_every_flaw_is_reached_by_chance_alone(flaw: str) -> None:
    texts = [rollout.completion for rollout in make_rollouts(400)]
    assert any(flaw in found for found in flaws_of(texts, TagSet()))


@pytest.mark.parametrize(
    ("condition", "minimal"),
    [
        (lambda text: True, ""),
        (has("misspelt_tag"), 40),
        (has("quoted"), 50),
        (has("repeated"), 70),
        (has("nested"), 50),
    ],
    ids=["anything", "misspelt", "quoted", "repeated", "nested"],
)
def test_minimal_completions_are_minimal(condition: Callable[[str], bool], minimal: str | int) -> None:
    text = smallest(condition)
    assert text == minimal if isinstance(minimal, str) else len(text) <= minimal


def test_a_loose_completion_shrinks_to_the_one_fragment_that_matters() -> None:
    assert smallest(lambda text: "\u80ba" in text, shapes=("loose",)) == "\u80ba"


def test_long_completions_are_reached() -> None:
    assert any(len(rollout.completion) > 4000 for rollout in make_rollouts(400))


@pytest.mark.parametrize("shape", SHAPES)
def test_each_shape_can_be_asked_for_alone(shape: str) -> None:
    assert isinstance(find(completions(shapes=(shape,)), lambda text: True, settings=UNSHRUNK), str)


def test_a_well_formed_completion_shrinks_to_a_plain_one() -> None:
    text = smallest(lambda text: True, shapes=("well_formed",))
    assert text == "<think>so</think><answer>A</answer>"


def test_completions_write_the_tags_they_are_given() -> None:
    text = smallest(lambda text: True, shapes=("well_formed",), tags=TagSet(think="thinking", answer="solution"))
    assert text == "<thinking>so</thinking><solution>A</solution>"


@settings(max_examples=50, deadline=None)
@given(answer_bodies(label="C", options=OPTIONS, committed=True))
def test_committed_bodies_never_say_another_label(body: str) -> None:
    assert choose(body, OPTIONS).label in ("C", None)


def is_read_as(reason: str) -> Callable[[str], bool]:
    """Whether a body is read as giving no label, for that reason."""
    return lambda body: choose(body, OPTIONS).reason == reason


def test_bodies_reach_hedges_and_refusals() -> None:
    for reason in ("several_labels", "empty", "none_of_above", "out_of_range", "no_label", "denied"):
        assert len(find(answer_bodies(options=OPTIONS), is_read_as(reason))) < 25


@settings(max_examples=50, deadline=None)
@given(options(least=3, most=5))
def test_options_have_as_many_labels_as_asked_for(offered: OptionSet) -> None:
    assert 3 <= len(offered.labels) <= 5
    assert len(offered.texts) == len(offered.labels)


def test_golds_come_in_every_spelling() -> None:
    for wanted in ("B", "b", "<answer> B </answer>", "Lungs"):
        assert find(golds(options=OPTIONS), wanted.__eq__) == wanted


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(rollouts())
def test_tables_of_rollouts_can_be_scored(table: pa.Table) -> None:
    assert len(Scorer("mcq").score(table)) == table.num_rows


@pytest.mark.parametrize(
    "condition",
    [
        lambda table: pa.types.is_dictionary(table.schema.field("completion").type),
        lambda table: table.schema.field("completion").type == pa.string_view(),
        lambda table: table["completion"].num_chunks > 1,
        lambda table: table.num_rows > 0 and table["completion"].chunk(0).offset > 0,
        lambda table: table["completion"].null_count > 0,
        lambda table: table["gold"].null_count > 0,
    ],
    ids=["dictionary", "view", "chunks", "slice", "null completion", "null gold"],
)
def test_every_layout_of_memory_is_reached(condition: Callable[[pa.Table], bool]) -> None:
    assert find(rollouts(), condition, settings=QUICK).num_rows <= 2


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(groups())
def test_rollouts_of_a_group_share_gold_and_options(table: pa.Table) -> None:
    rows = table.to_pylist()
    assert len({(row["group_id"], row["gold"], str(row["options"])) for row in rows}) == len(
        {row["group_id"] for row in rows}
    )


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(rewards())
def test_random_rewards_survive_their_documents(reward: Reward) -> None:
    document = Document(reward=reward)
    assert load_document(document.to_json()) == document


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.from_type(OptionSet), st.from_type(TagSet), st.from_type(Document))
def test_types_of_the_library_are_known_to_from_type(offered: OptionSet, tags: TagSet, document: Document) -> None:
    assert 2 <= len(offered.labels) <= 8
    assert tags.answer in ("answer", "solution")
    assert load_document(document.to_json()) == document
