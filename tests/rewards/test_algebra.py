"""Laws of the combinators, over random rewards, golds and texts."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from medreward import (
    PRESETS,
    Clip,
    Coalesce,
    Constant,
    DocumentError,
    FirstOf,
    Gate,
    MapRange,
    Maximum,
    Minimum,
    Product,
    Reward,
    Scale,
    Scorer,
    TagPresence,
    Tanh,
    WeightedSum,
)
from medreward.rewards import ColumnValue, ExtraneousText, PartialCredit
from medreward.rewards.combine import Weighted
from medreward.text.facts import Column
from tests import hostile
from tests.rewards.test_document import rewards

Values = list[float | None]
TRUE, FALSE = Constant(value=1), Constant(value=0)
NULL = PartialCredit()  # null where the gold is
FEW = settings(max_examples=30)  # each example scores a dozen rewards
LABELS = st.sampled_from(["A", "B", None])


@st.composite
def tables(draw: st.DrawFn) -> dict[str, list[str | None]]:
    """Completions, some null, and golds, some null."""
    texts = draw(hostile.tables())
    return {"completion": texts, "gold": draw(st.lists(LABELS, min_size=len(texts), max_size=len(texts)))}


def values(reward: Reward, table: dict[str, list[str | None]]) -> Values:
    """What each row earns."""
    found: Values = Scorer(reward).score(table).table["reward"].to_pylist()
    return found


@FEW
@given(rewards(), tables())
def test_a_sum_a_product_and_an_extreme_of_one_part_are_that_part(
    reward: Reward, table: dict[str, list[str | None]]
) -> None:
    expected = values(reward, table)
    for one in (WeightedSum.of(only=reward), Product.of(reward), Minimum.of(reward), Maximum.of(reward)):
        assert values(one, table) == expected
    assert values(Coalesce.of(reward), table) == expected
    assert values(Scale(reward=reward), table) == expected


@FEW
@given(rewards(), rewards(), tables())
def test_a_gate_of_true_is_its_branch_and_a_gate_of_false_the_other(
    reward: Reward, other: Reward, table: dict[str, list[str | None]]
) -> None:
    either = [
        null if null is None else value for null, value in zip(values(other, table), values(reward, table), strict=True)
    ]
    assert values(Gate(condition=TRUE, then=reward, otherwise=other), table) == either
    assert values(Gate(condition=FALSE, then=other, otherwise=reward), table) == either
    assert values(FirstOf.of((FALSE, other), (TRUE, reward)), table) == either
    assert values(FirstOf.of((FALSE, other), otherwise=reward), table) == either


@FEW
@given(rewards(), rewards(), rewards(), tables())
def test_a_first_of_one_case_is_a_gate(
    condition: Reward, then: Reward, otherwise: Reward, table: dict[str, list[str | None]]
) -> None:
    gate = Gate(condition=condition, then=then, otherwise=otherwise)
    first = FirstOf.of((condition, then), otherwise=otherwise)
    assert values(first, table) == values(gate, table)
    assert first.bounds() == gate.bounds()
    assert first.values() == gate.values()


@FEW
@given(rewards(), tables(), st.floats(-2, 0), st.floats(0, 2))
def test_clipping_twice_is_clipping_once(
    reward: Reward, table: dict[str, list[str | None]], low: float, high: float
) -> None:
    once = Clip(reward=reward, low=low, high=high)
    assert values(Clip(reward=once, low=low, high=high), table) == values(once, table)


@FEW
@given(rewards())
def test_every_combinator_but_coalesce_is_null_where_any_part_is(other: Reward) -> None:
    table: dict[str, list[str | None]] = {"completion": ["<think>t</think><answer>B</answer>"], "gold": [None]}
    for combined in (
        0.0 * NULL + other,
        other + 0.0 * NULL,
        NULL * other,
        Minimum.of(other, NULL),
        Maximum.of(NULL, other),
        Gate(condition=FALSE, then=NULL, otherwise=other),
        FirstOf.of((TRUE, other), (NULL, other)),
        FirstOf.of((TRUE, other), (TRUE, NULL)),
        FirstOf.of((TRUE, other), otherwise=NULL),
        Clip(reward=NULL, low=0, high=0),
        Scale(reward=NULL, factor=0),
        Tanh(reward=NULL),
        MapRange(reward=NULL),
        Coalesce.of(NULL, NULL),
    ):
        assert values(combined, table) == [None]
    assert values(Coalesce.of(NULL, other), table) == values(other, table)
    assert values(Coalesce.of(NULL, Constant(value=0.25)), table) == [0.25]


def test_coalesce_never_makes_a_number_of_a_null_completion() -> None:
    assert values(Coalesce.of(NULL, TRUE), {"completion": [None], "gold": ["B"]}) == [None]


@FEW
@given(rewards(), tables())
def test_values_lie_within_the_bounds_and_among_the_values(reward: Reward, table: dict[str, list[str | None]]) -> None:
    (low, high), possible = reward.bounds(), reward.values()
    assert possible is None or {low, high} >= {min(possible), max(possible)} or min(possible) >= low
    for value in values(reward, table):
        assert value is None or (low <= value <= high and reward.may_be(value))
        assert value is not None or reward.may_be_null() or None in table["completion"]


@pytest.mark.parametrize(("low", "high"), [(0.1, 0.7), (0.7, 0.1), (-0.3, 0.1), (1e-3, 1e3), (-2.0, 0.3), (-2.0, -0.6)])
def test_a_range_is_mapped_end_to_end_and_never_beyond_the_ends(low: float, high: float) -> None:
    score = ColumnValue(column=Column(name="score"), low=0, high=1)
    mapped = MapRange(reward=score, low=low, high=high)
    cells = [*(number / 997 for number in range(997)), math.nextafter(1, 0), 1.0]
    found = Scorer(mapped).score({"completion": ["x"] * len(cells), "score": cells}).rewards.tolist()
    assert (found[0], found[-1]) == (low, high)
    assert mapped.bounds() == (min(low, high), max(low, high))
    assert found == sorted(found, reverse=low > high)
    assert all(min(low, high) <= value <= max(low, high) for value in found)


def test_a_range_of_one_value_cannot_be_mapped() -> None:
    with pytest.raises(DocumentError, match="two ends"):
        Scorer({"reward": {"kind": "map_range.v1", "reward": {"kind": "constant.v1"}}})


def test_a_branch_whose_condition_can_never_be_1_does_not_count_for_the_bounds() -> None:
    half = TagPresence() * 0.5
    assert Gate(condition=half, then=Constant(value=9)).bounds() == (0.0, 0.0)
    shares = TagPresence(count="at_least_once", ordered=False, credit="per_tag")
    assert (shares * 1.5).values() == frozenset({0.0, 0.375, 0.75, 1.125, 1.5})
    assert FirstOf.of((shares * 1.5, Constant(value=9)), otherwise=TRUE).bounds() == (1.0, 1.0)
    assert Coalesce.of(TagPresence(), Constant(value=9)).bounds() == (0.0, 1.0)


def test_rewards_whose_components_are_named_alike_can_be_put_together() -> None:
    paper, mcq = PRESETS["medvlm-r1"].reward, PRESETS["mcq"].reward
    with pytest.raises(DocumentError, match="Two different parts"):
        Scorer(paper + mcq)
    text = {"completion": ["<think></think><answer>B</answer>"], "gold": ["B"]}
    scores = Scorer(paper.prefixed("paper").named("paper") + mcq.unnamed().named("mcq")).score(text)
    assert scores.table.select([f"reward_{name}" for name in scores.document.components()]).to_pylist() == [
        {"reward_paper": 2.0, "reward_paper_format": 1.0, "reward_paper_accuracy": 1.0, "reward_mcq": 0.0}
    ]
    assert paper.unnamed() == paper.unnamed().unnamed()


def test_unnamed_sums_and_products_grow_and_named_ones_stay_one_part() -> None:
    a, b, c = TagPresence(), ExtraneousText(), Constant(value=0.5)
    assert a + b + c == WeightedSum(parts=(Weighted(reward=a), Weighted(reward=b), Weighted(reward=c)))
    assert a * b * c == Product.of(a, b, c)
    sum_of_two, product, half = (a + b).named("two"), (a * b).named("two"), (0.5 * b).named("half")
    assert sum_of_two + c == WeightedSum(parts=(Weighted(reward=sum_of_two), Weighted(reward=c)))
    assert product * c == Product.of(product, c)
    assert a + half == WeightedSum(parts=(Weighted(reward=a), Weighted(reward=half)))
    assert a + 0.5 * b == WeightedSum(parts=(Weighted(reward=a), Weighted(reward=b, weight=0.5)))
