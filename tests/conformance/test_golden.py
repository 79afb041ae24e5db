"""The grammar's number: outcomes on the suite do not change under one number, and all of them are right."""

from __future__ import annotations

from medreward.conformance import Report, load_cases, run
from medreward.rewards.document import GRAMMAR
from tests.conformance.golden import changed, outcomes, written


def report() -> Report:
    return run(load_cases())


def test_a_changed_outcome_raises_the_number_of_the_grammar() -> None:
    assert not changed(), f"grammar {GRAMMAR} reads these cases otherwise: raise GRAMMAR"


def test_every_case_is_written_down_for_this_grammar() -> None:
    assert {*written()} == {*outcomes()}, "run python -m tests.conformance.golden"


def test_no_body_without_a_choice_is_given_one() -> None:
    assert [one.case.id for one in report().outcomes if one.verdict == "false_hit"] == []


def test_every_case_is_read_right() -> None:
    assert [(one.case.id, one.labels) for one in report().outcomes if one.verdict != "right"] == []


def test_the_form_is_an_accepted_one_in_at_least_19_of_20_cases() -> None:
    found = report().outcomes
    assert sum(one.form_agrees for one in found) >= 0.95 * len(found)
