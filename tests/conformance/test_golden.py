"""The grammar's number: outcomes on the suite do not change under one number, and all of them are right."""

from __future__ import annotations

from medreward.conformance import Report, load_cases, run
from medreward.rewards.document import GRAMMAR
from tests.conformance.golden import changed, outcomes, written


def report() -> Report:
    return run(load_cases())


def test_a_changed_outcome_raises_the_number_of_the_grammar() -> None:
    assert next(changed(), None) is None, f"grammar {GRAMMAR} reads this case otherwise: raise GRAMMAR"


def test_every_case_is_written_down_for_this_grammar() -> None:
    assert {*written()} == {*dict(outcomes())}, "run python -m tests.conformance.golden"


def test_no_body_without_a_choice_is_given_one() -> None:
    assert [one.case.id for one in report().outcomes if one.verdict == "false_hit"] == []


LONG = (
    "Looking at each option: pneumonia would show consolidation, pleural effusion blunting, pneumothorax absent"
    " markings. The heart is large, so cardiomegaly."
)
OPEN = {
    "If not A then B; and it is not A.",
    "Either A, which needs air, or B, which needs a clot. There is no air. B.",
    "Of A and B, the latter.",
    "Of A and B, the former.",
    "B is the least bad option.",
    "B is better than A, but C is better still.",
    "B? Certainly.",
    "B? Absolutely.",
    "Not a pulmonary embolism: the consolidation says pneumonia.",
    "Pulmonary embolism was excluded; the consolidation means pneumonia.",
    "The one I can exclude is B, so C.",
    "Last time it was B, this time it is C.",
    "I feel most comfortable with B.",
    "Put me down for B.",
    "B is the way to go.",
    "It's gotta be B, no?",
    "B is where I land.",
    "B was first choice, now C.",
    "B is wrong. It follows that C.",
    "Classic lobar pneumonia.",
    "The heart is on the left; the arrow, however, points at the liver (C).",
    "The answer is the second option.",
    "the last one",
    "The image shows that the heart is enlarged.",
    "X-ray of the chest (C)",
    "Treatment with metformin",
    "Refer for radiation therapy",
    "Infection with Streptococcus pyogenes",
    "Aspirin acts through inhibition of cyclooxygenase.",
    "The drug causes blockade of beta receptors",
    LONG,
    "<think>It might be A, but the margin is sharp so C.</think>\nC",
    "Axial CT of the abdomen",
    "It's not an X-ray or ultrasound. The cross-sectional nature suggests CT or MRI; bright bone means CT.",
    "A, C and D are true statements. The false statement is B.",
    "All except B are seen, hence B.",
    "Eliminate A (too small). Eliminate C (wrong side). Eliminate D (no contrast). Left with B.",
    "A and C are similar; B differs and is the right one.",
    "Target cells may be seen in thalassemia, but the sickled cells here indicate sickle cell disease.",
    "IV vancomycin",
    "Prescribe azithromycin 500 mg daily",
    "Start IV vancomycin.",
    "Head CT without contrast should be obtained immediately.",
    "MRI is the imaging technique used.",
    "It looks like an MRI, but the bright bones show it is a CT.",
    "The imaging technique used to acquire this picture is ultrasound.",
    "不是",
    "Le patient a une pneumonie.",
}
"""Bodies that commit to a label which the grammar does not find."""


def test_every_case_is_read_right_but_for_the_misses_that_are_left_open() -> None:
    found = [one for one in report().outcomes if one.verdict != "right"]
    assert {one.case.body for one in found} == OPEN
    assert {one.verdict for one in found} == {"missed"}


def test_the_form_is_an_accepted_one_in_at_least_19_of_20_cases() -> None:
    found = report().outcomes
    assert sum(one.form_agrees for one in found) >= 0.95 * len(found)
