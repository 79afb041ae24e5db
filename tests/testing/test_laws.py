"""Every law can fail, sound rewards keep them all, and counterexamples are small and true."""

from __future__ import annotations

from typing import Any

import pytest

from medreward import (
    AnswerLabels,
    AnswerLetter,
    Constant,
    Gate,
    LengthBand,
    NonEmptyReasoning,
    PartialCredit,
    Reward,
    TagPresence,
    UsageError,
)
from medreward.rewards import LengthCosine, Repetition, TagCredit
from medreward.testing import Law, Report, check, check_all_laws, laws
from medreward.testing.checking import LawBrokenError
from tests.testing import broken


@pytest.fixture(scope="module")
def sound() -> Report:
    """What comes of checking the sound function."""
    return check(broken.SOUND, form="trl", examples=150, seconds=0)


def how(reward: object) -> dict[str, Any]:
    """What is to be said about a reward."""
    return {} if isinstance(reward, Reward) else {"form": "trl"}


@pytest.mark.parametrize("law", laws.LAWS, ids=lambda law: law.name)
def test_each_law_catches_a_reward_that_breaks_it(law: Law) -> None:
    reward = broken.BROKEN[law.name]
    verdict = law.check(reward, **how(reward))
    assert verdict.word == "broken"
    assert verdict.counterexample is not None
    assert verdict.counterexample.said


@pytest.mark.parametrize("law", laws.LAWS, ids=lambda law: law.name)
def test_each_law_spares_a_sound_function(law: Law, sound: Report) -> None:
    (verdict,) = [verdict for verdict in sound.verdicts if verdict.law is law]
    assert verdict.word in ("holds", "skipped"), verdict.counterexample


@pytest.mark.parametrize("reward", ["medvlm-r1", "mcq"])
def test_the_presets_for_new_runs_keep_every_law(reward: str) -> None:
    check_all_laws(reward, examples=100)


REASONED = TagPresence() * NonEmptyReasoning()


@pytest.mark.parametrize(
    "reward",
    [
        TagPresence(),
        0.5 * TagPresence() + PartialCredit(),
        TagPresence(case="any") + PartialCredit(),
        TagCredit() + 2 * AnswerLetter() - Constant(value=1),
        REASONED + Gate(condition=REASONED, then=AnswerLetter()) + 0.1 * Repetition(),
        Gate(condition=REASONED, then=AnswerLetter() + 0.1 * LengthCosine(limit=300, short=1, long=0.5)),
        REASONED + AnswerLabels(credit="jaccard") + 0.2 * LengthBand(least=20),
    ],
    ids=["format", "sum", "any case", "wrong costs", "repetition costs", "short pays", "sets, long pays"],
)
def test_sound_rewards_keep_every_law(reward: Reward) -> None:
    check_all_laws(reward, examples=50)


def test_paying_for_brevity_without_asking_for_reasoning_is_no_sound_reward() -> None:
    brief = TagPresence() + AnswerLetter() + 0.1 * LengthCosine(limit=300, short=1, long=0.5)
    found = laws.NO_BETTER_THAN_GUESSING.check(brief, examples=50).counterexample
    assert found is not None
    assert found.rows[0].completion == "<think></think><answer>A</answer>"


def test_every_law_has_a_broken_reward_and_a_sentence() -> None:
    assert {*broken.BROKEN} == {law.name for law in laws.LAWS}
    assert all(law.statement.endswith(".") and law.statement[0].isupper() for law in laws.LAWS)


def test_an_exception_is_reported_with_the_smallest_input_that_raises() -> None:
    found = laws.TOTAL.check(broken.per_row(broken.raises), form="trl").counterexample
    assert found is not None
    assert found.rows[0].completion == ""
    assert "ValueError: substring not found" in found.said


def test_a_shotgun_is_shrunk_to_its_labels_and_shown_with_both_scores() -> None:
    found = laws.EXCLUSIVE.check(broken.per_row(broken.contained), form="trl").counterexample
    assert found is not None
    assert sorted(set(found.scores), key=str) == [0.0, 1.0]
    assert len(found.rows[0].completion) <= len("<think>s</think><answer>AB</answer>")


def test_a_broken_law_is_an_assertion_error_that_shows_the_counterexample() -> None:
    with pytest.raises(LawBrokenError, match=r"broken +right_pays") as caught:
        check_all_laws(broken.per_row(broken.without_gold), form="trl", examples=50)
    assert isinstance(caught.value, AssertionError)
    assert "<answer>A</answer>" in str(caught.value)


def test_a_law_about_the_gold_says_nothing_about_a_reward_that_does_not_look_at_it() -> None:
    assert laws.EXCLUSIVE.check(TagPresence()).skipped == "the reward does not look at the gold"


def test_a_reward_that_grades_nearness_on_a_scale_is_not_called_unsound() -> None:
    def near(text: str, gold: str) -> float:
        answer = broken.answered(text).strip()
        return max(0.0, 1 - 0.25 * abs(ord(answer) - ord(gold))) if answer in {*"ABCDE"} else 0.0

    verdict = laws.EXCLUSIVE.check(broken.per_row(near), form="trl")
    assert verdict.skipped.startswith("an honest answer earns under several golds")


def test_a_reward_that_pays_long_reasoning_is_not_called_unsound() -> None:
    def longer(text: str, gold: str) -> float:
        match = broken.well_formed(text)
        words = len(text.split("</think>", maxsplit=1)[0].split()) if match else 0
        return broken.sound(text, gold) + min(words, 100) / 100 if match else 0.0

    for law in (laws.NO_BETTER_THAN_GUESSING, laws.HONEST_IS_BEST):
        assert law.check(broken.per_row(longer), form="trl").holds


def test_the_same_seed_gives_the_same_counterexample() -> None:
    one, two = (laws.HONEST_IS_BEST.check(broken.per_row(broken.counts_tags), form="trl", seed=3) for _ in range(2))
    assert one == two


def test_a_reward_that_asks_for_much_reasoning_is_paid_for_it() -> None:
    long = Gate(condition=LengthBand(least=60), then=PartialCredit())
    check_all_laws(long, examples=60)


def test_a_function_that_raises_on_everything_is_no_broken_law() -> None:
    def divides(completions: list[object], **columns: object) -> list[float]:
        return [1 / 0 for _ in completions]

    with pytest.raises(UsageError, match="ZeroDivisionError") as caught:
        check(divides, form="trl", examples=20, seconds=0)
    assert caught.value.code == "reward_fails"


def test_a_report_ends_with_what_was_found_in_short() -> None:
    report = check("medvlm-r1", laws=laws.LAWS[:3], examples=10, seconds=0)
    assert report.lines()[-1] == "in short     laws: 3 holds; overpaid: 0; free rides: 0"
