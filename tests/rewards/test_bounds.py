"""Bounds and values of every rule, written by hand: what they leave out is what analysis and laws would miss."""

from __future__ import annotations

import math
from collections.abc import Callable

import pytest

from medreward.rewards import (
    RULES,
    AnswerLabels,
    AnswerLetter,
    Clip,
    Coalesce,
    ColumnValue,
    Constant,
    ContainedLabels,
    EqualText,
    ExtraneousText,
    FirstOf,
    Gate,
    GoldHolds,
    Holds,
    Ladder,
    LengthBand,
    LengthCosine,
    MapRange,
    MathGold,
    MathRuled,
    MathVerified,
    Maximum,
    Minimum,
    NonEmptyReasoning,
    PartialCredit,
    PassBonus,
    RelativeLength,
    Repetition,
    Reward,
    Scale,
    ScannedLetter,
    SoftOverlong,
    TagCredit,
    TagPresence,
    TagShare,
    Tanh,
    WeightedSum,
    WrittenOption,
)
from medreward.rewards.length import ReasoningLength
from medreward.text.facts import Column, Length, TagCount

SCORE = ColumnValue(column=Column(name="score"), low=-1, high=3)
THIRD = Ladder(wrapped=1 / 3, with_text=1 / 3, stated=1 / 3)
THINK, CLOSE = (
    TagShare(count=TagCount(tag=tag), credit=credit) for tag, credit in (("<think>", 0.5), ("</think>", -0.25))
)
INF = math.inf


def powers_of_two(count: int) -> Reward:
    """A sum that has as many values as ``2 ** count``."""
    return WeightedSum.of(**{f"bit{place}": (2.0**place, TagPresence()) for place in range(count)})


ONE, TWO = Constant(value=1), Constant(value=2)

Row = tuple[Callable[[], Reward], tuple[float, float], set[float] | None]
ROWS: list[Row] = [
    (TagPresence, (0, 1), {0, 1}),
    (lambda: TagPresence(count="at_least_once", ordered=False, credit="per_tag"), (0, 1), {0, 0.25, 0.5, 0.75, 1}),
    (lambda: TagPresence(tags=("answer",), ordered=False, credit="per_tag"), (0, 1), {0, 0.5, 1}),
    (ExtraneousText, (0, 1), {0, 1}),
    (lambda: ExtraneousText(mode="penalty", amount=0.5), (-0.5, 0), {-0.5, 0}),
    (NonEmptyReasoning, (0, 1), {0, 1}),
    (AnswerLetter, (0, 1), {0, 1}),
    (lambda: AnswerLetter(forms=()), (0, 0), {0}),
    (PartialCredit, (0, 1), {0, 0.5, 1}),
    (lambda: PartialCredit(ladder=THIRD), (0, 1), {0, 1 / 3, 1}),
    (lambda: PartialCredit(ladder=Ladder(clean=0.5, text_only=-1)), (-1, 0.5), {-1, 0, 0.5}),
    (AnswerLabels, (0, 1), {0, 1}),
    (lambda: PartialCredit(ladder=Ladder(clean=0.25, wrapped=0.25, with_text=0.25, stated=0.25)), (0, 0.25), {0, 0.25}),
    (lambda: AnswerLabels(credit="f1"), (0, 1), None),
    (lambda: AnswerLabels(forms=()), (0, 0), {0}),
    (lambda: AnswerLabels(penalty=0.25, floor=-1), (-1, 1), None),
    (lambda: AnswerLabels(penalty=0.25, floor=-100), (-15.25, 1), None),  # 62 labels, of which one is right
    (ScannedLetter, (0, 1), {0, 0.5, 1}),
    (lambda: ScannedLetter(alone=-2, accompanied=-0.5), (-2, 0), {-2, -0.5, 0}),
    (lambda: ScannedLetter(alone=0.25, accompanied=2), (0, 2), {0, 0.25, 2}),
    (lambda: ScannedLetter(alone=0.25, accompanied=-0.5), (-0.5, 0.25), {-0.5, 0, 0.25}),
    (WrittenOption, (0, 1), {0, 1}),
    (EqualText, (0, 1), {0, 1}),
    (GoldHolds, (0, 1), {0, 1}),
    (lambda: Holds.model_validate({"facts": [{"kind": "well_formed.v1"}]}), (0, 1), {0, 1}),
    (ContainedLabels, (0, INF), None),
    (lambda: ContainedLabels(each=0, alone_each=0), (0, 0), {0}),
    (lambda: ContainedLabels(each=-1, alone_each=0), (-INF, 0), None),
    (lambda: ContainedLabels(each=0, alone_each=-1), (-INF, 0), None),
    (lambda: ContainedLabels(each=0.5, alone_each=-1), (-INF, INF), None),
    (LengthBand, (0, 1), {0, 1}),
    (lambda: LengthCosine(limit=10), (0, 1), None),
    (lambda: LengthCosine(limit=10, short=-1, long=-0.5), (-1, -0.5), None),
    (lambda: SoftOverlong(limit=10, margin=5), (-1, 0), None),
    (RelativeLength, (-0.5, 0.5), None),
    (lambda: RelativeLength(right=Constant(value=0)), (-0.5, 0), None),
    (PassBonus, (0, 1), {0, 1}),
    (lambda: PassBonus(bonus=-2), (-2, 0), {-2, 0}),
    (Repetition, (-1, 0), None),
    (lambda: Repetition(penalty=-0.25), (-0.25, 0), None),
    (MathRuled, (0, 1), {0, 1}),
    (MathVerified, (0, 1), {0, 1}),
    (MathGold, (0, 1), {0, 1}),
    (TagCredit, (0, 1), {0, 0.25, 0.5, 0.75, 1}),
    (lambda: TagCredit(shares=(THINK, CLOSE)), (-0.25, 0.5), {-0.25, 0, 0.25, 0.5}),
    (lambda: SCORE, (-1, 3), None),
    (lambda: Constant(value=0.5), (0.5, 0.5), {0.5}),
    (lambda: Scale(reward=TagPresence(), factor=-2, offset=1), (-1, 1), {-1, 1}),
    (lambda: Scale(reward=SCORE, factor=2), (-2, 6), None),
    (lambda: MapRange(reward=PartialCredit(), low=1, high=-1), (-1, 1), {-1, 0, 1}),
    (lambda: MapRange(reward=SCORE, from_low=0, from_high=2), (-0.5, 1.5), None),
    (lambda: Tanh(reward=TagPresence()), (0, math.tanh(1)), {0, math.tanh(1)}),
    (lambda: Tanh(reward=SCORE), (math.tanh(-1), math.tanh(3)), None),
    (lambda: 2 * TagPresence() - PartialCredit(), (-1, 2), {-1, -0.5, 0, 1, 1.5, 2}),
    (lambda: WeightedSum.of(a=(-1.0, SCORE)), (-3, 1), None),
    (lambda: TagPresence() * PartialCredit(), (0, 1), {0, 0.5, 1}),
    (lambda: TagPresence() + SCORE, (-1, 4), None),
    (lambda: SCORE + TagPresence(), (-1, 4), None),
    (lambda: powers_of_two(12), (0, 4095), set(range(4096))),
    (lambda: powers_of_two(13), (0, 8191), None),
    (lambda: SCORE * SCORE, (-3, 9), None),
    (lambda: Minimum.of(PartialCredit(), Constant(value=0.75)), (0, 0.75), {0, 0.5, 0.75}),
    (lambda: Maximum.of(PartialCredit(), Constant(value=0.75)), (0.75, 1), {0.75, 1}),
    (lambda: Minimum.of(SCORE, Constant(value=0)), (-1, 0), None),
    (lambda: Clip(reward=SCORE, low=0, high=2), (0, 2), None),
    (lambda: Clip(reward=PartialCredit(), high=0.75), (0, 0.75), {0, 0.5, 0.75}),
    (lambda: Gate(condition=TagPresence(), then=PartialCredit(), otherwise=-TagPresence()), (-1, 1), {-1, 0, 0.5, 1}),
    (lambda: Gate(condition=TagPresence(), then=SCORE), (-1, 3), None),
    (lambda: Gate(condition=Constant(value=1), then=PartialCredit(), otherwise=SCORE), (0, 1), {0, 0.5, 1}),
    (lambda: Gate(condition=Constant(value=0.5), then=SCORE, otherwise=TagPresence()), (0, 1), {0, 1}),
    (lambda: FirstOf.of((TagPresence(), Constant(value=2)), otherwise=PartialCredit()), (0, 2), {0, 0.5, 1, 2}),
    (lambda: FirstOf.of((TagPresence(), Constant(value=2))), (0, 2), {0, 2}),
    (lambda: FirstOf.of((Constant(value=1), TagPresence()), (TagPresence(), SCORE)), (0, 1), {0, 1}),
    (lambda: FirstOf.of((Constant(value=0), SCORE), otherwise=TagPresence()), (0, 1), {0, 1}),
    (lambda: Gate(condition=Constant(value=2), then=TWO, otherwise=-TWO), (-2, -2), {-2}),
    (lambda: (TagPresence() - TWO) * (TagPresence() - ONE), (0, 2), {0, 1, 2}),
    (lambda: Minimum.of(TagPresence() - ONE, TagPresence()), (-1, 0), {-1, 0}),
    (lambda: Maximum.of(TagPresence() - ONE, TagPresence()), (0, 1), {0, 1}),
    (lambda: Clip(reward=TagPresence() - TWO, low=-1.5), (-1.5, -1), {-1.5, -1}),
    (lambda: Coalesce.of(PartialCredit(), Constant(value=-1)), (-1, 1), {-1, 0, 0.5, 1}),
    (lambda: Coalesce.of(SCORE, Constant(value=5)), (-1, 5), None),
    (lambda: Coalesce.of(TagPresence(), SCORE), (0, 1), {0, 1}),
]  # fmt: skip


@pytest.mark.parametrize(("make", "bounds", "values"), ROWS)
def test_bounds_and_values_are_those_written_by_hand(
    make: Callable[[], Reward], bounds: tuple[float, float], values: set[float] | None
) -> None:
    reward = make()
    assert reward.bounds() == bounds
    assert reward.values() == values


def test_every_rule_has_bounds_written_by_hand() -> None:
    assert {type(make()) for make, _, _ in ROWS} >= {*RULES}


RAW = (ContainedLabels(), EqualText(), GoldHolds(), MathGold(), MathRuled(), MathVerified(), ScannedLetter())


@pytest.mark.parametrize(
    ("rewards", "forms"),
    [
        (RAW, {"raw"}),
        ((AnswerLetter(), PartialCredit(), WrittenOption()), {"label"}),
        ((AnswerLabels(),), {"labels"}),
        ((TagPresence(), ExtraneousText(), NonEmptyReasoning(), LengthBand(), Repetition(), SCORE, ONE + ONE), set()),
    ],
)
def test_rules_ask_for_the_gold_in_the_form_they_read(rewards: tuple[Reward, ...], forms: set[str]) -> None:
    assert [reward.gold_forms() for reward in rewards] == [forms] * len(rewards)


def test_without_partial_credit_only_the_greatest_credit_is_paid() -> None:
    ladder = Ladder(clean=0.5, wrapped=1, with_text=1, stated=0.25, text_only=0.1)
    whole = PartialCredit(ladder=ladder).without_partial_credit()
    assert isinstance(whole, PartialCredit)
    assert dict(whole.ladder) == {"clean": 0, "wrapped": 1, "with_text": 1, "stated": 0, "text_only": 0}
    same = PartialCredit(ladder=Ladder(clean=1, wrapped=0, with_text=0, stated=1))
    assert same.without_partial_credit() is same


def test_without_partial_credit_a_set_is_paid_whole_and_a_letter_alone() -> None:
    assert AnswerLabels(credit="jaccard").without_partial_credit() == AnswerLabels(credit="exact")
    assert ScannedLetter(accompanied=0.5).without_partial_credit() == ScannedLetter(accompanied=0.0)
    for whole in (AnswerLabels(), ScannedLetter(accompanied=0.0), ScannedLetter(alone=0.5, accompanied=0.5)):
        assert whole.without_partial_credit() is whole


def test_a_length_of_reasoning_is_made_into_the_rules_of_lengths() -> None:
    words, tokens = Length(of="think", unit="words"), Column(name="reasoning_tokens")
    assert ReasoningLength.band(5, 9, unit="words") == LengthBand(length=words, least=5, most=9)
    assert ReasoningLength.band() == LengthBand(length=Length(of="think", unit="chars"), least=0, most=None)
    assert ReasoningLength.cosine(9, short=0.5, long=-1, unit="tokens") == LengthCosine(
        length=tokens, limit=9, short=0.5, long=-1
    )
    assert ReasoningLength.cosine(9, unit="words") == LengthCosine(length=words, limit=9, short=1.0, long=0.0)
    chars = Length(of="think", unit="chars")
    assert ReasoningLength.cosine(9) == LengthCosine(length=chars, limit=9, short=1.0, long=0.0)
    assert ReasoningLength.soft_overlong(9, 4) == SoftOverlong(length=chars, limit=9, margin=4)
    assert ReasoningLength.soft_overlong(9, 4, unit="words") == SoftOverlong(length=words, limit=9, margin=4)
