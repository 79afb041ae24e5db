"""The conformance suite: cases that are whole, a runner that counts right, and a command that prints it."""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from medreward.conformance import CATEGORIES, Case, load_cases, run
from medreward.errors import UsageError
from medreward.loading import load_callable
from medreward.text.choice import FORMS
from medreward_cli.main import main

CASES = load_cases()


def test_there_are_at_least_500_cases_and_ten_in_every_category() -> None:
    counts = Counter(case.category for case in CASES)
    assert len(CASES) >= 500
    assert {*counts} == {*CATEGORIES}
    assert min(counts.values()) >= 10


def test_every_case_is_named_once_and_asked_once() -> None:
    assert len({case.id for case in CASES}) == len(CASES)
    assert len({(case.body, tuple(case.options.items()), case.select) for case in CASES}) == len(CASES)


@pytest.mark.parametrize("name", CATEGORIES)
def test_every_answer_is_one_that_can_be_given(name: str) -> None:
    for case in load_cases([name]):
        assert case.category == name
        for answer in case.answers:
            assert answer.form in FORMS, case.id
            assert answer.form != "missing", case.id
            assert [*answer.labels] == [label for label in case.options if label in answer.labels], case.id
            assert bool(answer.labels) == (answer.form not in ("ambiguous", "none")), case.id
            assert len(answer.labels) <= 1 or case.select == "many", case.id
        assert len({*case.answers}) == len(case.answers), case.id


def first_letter(body: str, options: Mapping[str, str | None], select: str) -> str | None:
    """The naive extractor: the first character that is a label."""
    return next((char for char in body if char in options), None)


def test_a_verdict_is_right_a_false_hit_missed_or_wrong() -> None:
    chosen = {"not B", "D is not the answer.", "A is wrong, so D", "It is B", "b"}
    cases = [case for case in load_cases(["negation", "english_statements"]) if case.body in chosen]
    verdicts = {one.case.body: one.verdict for one in run(cases, first_letter).outcomes}
    assert verdicts == {
        "not B": "false_hit",
        "D is not the answer.": "false_hit",
        "A is wrong, so D": "wrong",
        "It is B": "right",
    }
    assert {one.verdict for one in run(cases, Constant(None)).outcomes} == {"right", "missed"}


def test_what_an_extractor_gives_may_be_a_label_several_or_none() -> None:
    case = Case("x", "x", "A, C", {"A": None, "B": None, "C": None}, "many", CASES[0].answer)
    found: list[tuple[str | list[str] | None, tuple[str, ...]]] = [
        ("C", ("C",)),
        (["C", "A"], ("A", "C")),
        (None, ()),
        ("", ()),
        ("Z", ("Z",)),
    ]
    for given, labels in found:
        assert run([case], Constant(given)).outcomes[0].labels == labels


class Constant:
    """An extractor that always gives the same."""

    def __init__(self, given: str | list[str] | None) -> None:
        self.given = given

    def __call__(self, body: str, options: Mapping[str, str | None], select: str) -> str | list[str] | None:
        return self.given


@pytest.mark.parametrize("name", ["json", "json:", ":dumps", "json:nothing", "json:__name__"])
def test_a_callable_that_cannot_be_is_a_mistake_of_the_caller(name: str) -> None:
    with pytest.raises(UsageError) as raised:
        load_callable(name)
    assert raised.value.code == "bad_callable"


@pytest.mark.parametrize("given", [7, [1], len])
def test_an_extractor_that_fails_is_told_with_its_case(given: Any) -> None:
    with pytest.raises(UsageError, match=load_cases()[0].id) as raised:
        run(load_cases(), given if callable(given) else Constant(given))
    assert raised.value.code == "extractor_failed"


def test_an_extractor_that_ends_the_process_fails_with_its_case() -> None:
    def ends(body: str, options: Mapping[str, str | None], select: str) -> str:
        sys.exit(0)

    def ends_late(body: str, options: Mapping[str, str | None], select: str) -> Iterator[str]:
        yield "A"
        sys.exit(0)

    for extractor in (ends, ends_late):
        with pytest.raises(UsageError, match="SystemExit: 0") as raised:
            run(load_cases(), extractor)
        assert raised.value.code == "extractor_failed"
        assert raised.value.where == load_cases()[0].id


def test_an_interrupt_of_an_extractor_goes_through() -> None:
    def stopped(body: str, options: Mapping[str, str | None], select: str) -> str:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(load_cases(), stopped)


def test_what_an_extractor_prints_is_no_output_of_the_command(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "talking_extractor.py").write_text("def first(body, options, select):\n    print(body)\n")
    assert main(["conformance", "--callable", f"{tmp_path / 'talking_extractor.py'}:first", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["failed"]


def test_the_command_prints_every_category_and_the_whole(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["conformance"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines[1:]] == [*CATEGORIES, "all"]
    assert lines[-1].split()[1] == str(len(CASES))


def test_the_command_runs_anybodys_extractor(capsys: pytest.CaptureFixture[str]) -> None:
    name = f"{first_letter.__module__}:first_letter"
    assert main(["conformance", "--callable", name, "--category", "negation", "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert [row["category"] for row in report["categories"]] == ["negation", "all"]
    assert {"id": "negation-001", "verdict": "false_hit", "labels": ["B"]} in report["failed"]
    assert main(["conformance", "--callable", name, "--category", "negation", "--failed"]) == 0
    assert "false_hit  negation-001: B, not none: 'not B'" in capsys.readouterr().out


def test_an_unknown_category_is_exit_2(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["conformance", "--category", "nonsense"]) == 2
    assert "nonsense" in capsys.readouterr().err
