"""Golds and answers may be worded as texts, or as labels with texts: a sound reward is sound in each wording."""

from __future__ import annotations

import pytest

from medreward import UsageError
from medreward.testing import check_all_laws, find_exploits, laws, make_rollouts, subject_of
from medreward.testing.wording import Wording
from medreward.text.options import OptionSet
from tests.testing import broken

OPTIONS = OptionSet(("A", "B"), ("Heart", "Lungs"))
TAGGED = "<think>{reasoning}</think><answer>"


@pytest.mark.parametrize("gold", ["{text}", "{label}. {text}", "({label})", "<answer> {label} </answer>"])
def test_a_sound_reward_is_sound_whatever_its_golds_are(gold: str) -> None:
    def reward(text: str, cell: str) -> float:
        return broken.sound(text, cell.removeprefix("<answer>").removesuffix("</answer>").strip())

    check_all_laws(broken.per_row(reward), form="trl", gold=gold, examples=60)


def test_a_preset_takes_golds_that_are_texts() -> None:
    check_all_laws("mcq", gold="{text}", examples=40)


def test_an_answer_may_say_something_else_than_the_gold() -> None:
    def reward(text: str, gold: str) -> float:
        label, _, said = broken.answered(text).partition(". ")
        return (broken.well_formed(text) is not None) + float(label == gold and said != "")

    function = broken.per_row(reward)
    assert laws.RIGHT_PAYS.check(function, form="trl").word == "broken"
    told = TAGGED + "{label}. {text}</answer>"
    assert laws.RIGHT_PAYS.check(function, form="trl", templates=[told]).word == "holds"


def test_a_gold_that_is_a_text_and_may_stand_anywhere_is_overpaid() -> None:
    function = broken.per_row(broken.contained)
    assert laws.EXCLUSIVE.check(function, form="trl", gold="{text}").word == "broken"
    assert any(exploit.overpaid for exploit in find_exploits(function, form="trl", gold="{text}", seconds=0))


def test_a_template_may_say_what_an_answer_is() -> None:
    wording = Wording([TAGGED + "{label}. {text}</answer>"])
    assert wording.templates == (TAGGED + "{answer}</answer>",)
    assert wording.said(OPTIONS, "B") == ["B. Lungs"]
    assert wording.cell(OPTIONS, "B") == "B"


def test_an_answer_says_the_label_or_what_the_gold_says() -> None:
    wording = Wording(["{answer}"], "{label}) {text}")
    assert wording.said(OPTIONS, "A") == ["A", "A) Heart"]
    assert wording.cell(OPTIONS, "A") == "A) Heart"


def test_tags_round_a_gold_are_not_said() -> None:
    wording = Wording(["{answer}"], "<answer> {label} </answer>")
    assert wording.said(OPTIONS, "A") == ["A"]
    assert wording.cell(OPTIONS, "A") == "<answer> A </answer>"


def test_options_without_texts_are_offered_where_no_text_is_to_be_said() -> None:
    assert any(None in options.texts for options in Wording(["{answer}"]).offered)
    for wording in (Wording(["{answer}"], "{text}"), Wording(["{label}: {text}"])):
        assert not any(None in options.texts for options in wording.offered)


@pytest.mark.parametrize("template", ["<answer>B</answer>", "{answer} or {label}", ""])
def test_a_template_that_does_not_say_where_the_answer_stands_is_refused(template: str) -> None:
    with pytest.raises(UsageError, match="where the answer stands") as caught:
        subject_of("mcq", templates=["{answer}", template])
    assert caught.value.code == "bad_template"


def test_a_form_of_golds_that_says_no_gold_is_refused() -> None:
    with pytest.raises(UsageError, match="what a gold is") as caught:
        subject_of("mcq", gold="B")
    assert caught.value.code == "bad_gold_form"


def test_rollouts_are_written_in_the_layout_that_is_told() -> None:
    rows = make_rollouts(40, templates=["{reasoning} so \\boxed{{answer}}"])
    boxed = [row.completion for row in rows if " so \\boxed{" in row.completion]
    assert len(boxed) == 20
    assert not any("{answer}" in text or "{reasoning}" in text for text in boxed)
