"""Rules that call another library: once for each distinct pair, with its version on record, and never a silent 0."""

from __future__ import annotations

import json
import threading
from importlib import import_module
from importlib.metadata import version
from typing import Any

import pytest

from medreward import Document, MathGold, MathRuled, MathVerified, RuleError, Scorer, TagSet, load_document, score_one
from medreward.errors import MissingExtraError
from medreward.rewards import EqualText, library
from medreward.text.facts import Extracted
from tests.libraries import skip_without

PAIRS = {"completion": ["$3$", "$3$", "$4$", None, "$3$"], "gold": ["3", "3", "3", "3", None]}
EXPECTED = [1.0, 1.0, 0.0, None, None]


@pytest.fixture(autouse=True)
def _installed(request: pytest.FixtureRequest) -> None:
    skip_without(MathVerified())
    skip_without(MathRuled())


def calls(monkeypatch: pytest.MonkeyPatch, module: str, name: str) -> list[tuple[Any, ...]]:
    """The arguments a function of a library is called with from now on."""
    found: list[tuple[Any, ...]] = []
    owner = import_module(module)
    real = getattr(owner, name)

    def recorded(*arguments: object, **options: object) -> object:
        found.append(arguments)
        return real(*arguments, **options)

    monkeypatch.setattr(owner, name, recorded)
    return found


def test_each_text_is_parsed_once_and_each_pair_compared_once(monkeypatch: pytest.MonkeyPatch) -> None:
    parsed = calls(monkeypatch, "math_verify", "parse")
    verified = calls(monkeypatch, "math_verify", "verify")
    assert Scorer(MathVerified()).score(PAIRS).table["reward"].to_pylist() == EXPECTED
    assert sorted(text for (text,) in parsed) == ["$3$", "$4$", "3"]
    assert len(verified) == 2


def test_a_gold_without_mathematics_costs_no_parsing_of_completions(monkeypatch: pytest.MonkeyPatch) -> None:
    parsed = calls(monkeypatch, "math_verify", "parse")
    scores = Scorer(MathVerified()).score({"completion": ["$3$", "$4$"], "gold": ["B", "B"]})
    assert scores.rewards.tolist() == [0.0, 0.0]
    assert parsed == [("B",)]


def test_each_pair_is_graded_once(monkeypatch: pytest.MonkeyPatch) -> None:
    graded = calls(monkeypatch, "mathruler.grader", "grade_answer")
    bodies = ["B", " B\n", "b", "B", "C"]
    scores = Scorer(MathRuled()).score({"completion": [f"<answer>{b}</answer>" for b in bodies], "gold": ["B"] * 5})
    assert scores.rewards.tolist() == [1.0, 1.0, 1.0, 1.0, 0.0]
    assert sorted(graded) == [("B", "B"), ("C", "B"), ("b", "B")]


@pytest.mark.parametrize(("gold_first", "expected"), [(True, [1.0, 0.0]), (False, [0.0, 1.0])])
def test_a_chain_of_inequalities_is_an_interval_in_the_place_of_the_gold_alone(
    gold_first: bool, expected: list[float]
) -> None:
    table = {"completion": ["$(1,2)$", "$1<x<2$"], "gold": ["$1<x<2$", "$(1,2)$"]}
    assert Scorer(MathVerified(gold_first=gold_first)).score(table).rewards.tolist() == expected


@pytest.mark.parametrize("seconds", [7, None])
def test_the_library_is_told_how_long_it_may_take(monkeypatch: pytest.MonkeyPatch, seconds: int | None) -> None:
    told: list[object] = []

    def parse(text: str, **options: object) -> list[str]:
        told.append(options["parsing_timeout"])
        return [text]

    def verify(gold: list[str], answer: list[str], **options: object) -> bool:
        told.append(options["timeout_seconds"])
        return gold == answer

    monkeypatch.setattr("math_verify.parse", parse)
    monkeypatch.setattr("math_verify.verify", verify)
    assert score_one("four", "four", reward=MathVerified(seconds=seconds)) == 1.0
    assert told == [seconds] * len(told)
    assert len(told) > 2


@pytest.mark.parametrize("kind", [MathVerified, MathRuled, MathGold])
def test_golds_stand_in_the_tags_of_the_document(kind: type[MathVerified | MathRuled | MathGold]) -> None:
    document = Document(tags=TagSet(answer="final"), reward=kind(answer=Extracted(), gold=Extracted()))
    assert score_one("<think>t</think><final>3</final>", "4 <final>3</final>", reward=document) == 1.0
    assert score_one("<think>t</think><final>3</final>", "3 <final>.</final>", reward=document) == 0.0


@pytest.mark.parametrize("error", [ValueError, RecursionError, ZeroDivisionError])
def test_what_the_library_raises_is_null_or_an_error_that_names_the_row(
    monkeypatch: pytest.MonkeyPatch, error: type[Exception]
) -> None:
    real = import_module("math_verify").parse

    def fails_on_four(text: str, **options: object) -> object:
        if "4" in text:
            raise error("no")
        return real(text, **options)

    monkeypatch.setattr("math_verify.parse", fails_on_four)
    assert Scorer(MathVerified()).score(PAIRS).table["reward"].to_pylist() == [1.0, 1.0, None, None, None]
    with pytest.raises(RuleError, match="row 2") as caught:
        Scorer(MathVerified(on_error="error")).score(PAIRS)
    assert caught.value.code == "library_error"
    assert Scorer(MathVerified(on_error="no")).score(PAIRS).table["reward"].to_pylist() == EXPECTED
    assert score_one("$4$", "3", reward="r1-v") == 0.0
    assert score_one("<answer>4</answer>", "<answer>4</answer>", reward="r1-v") == 1.0  # by the string


def test_a_gold_on_which_the_library_raises_is_one_in_which_nothing_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(text: str, **options: object) -> object:
        raise ValueError(text)

    monkeypatch.setattr("math_verify.parse", fails)
    rule = MathVerified(on_error="no", without_mathematics=1)
    assert score_one("$3$", "never seen before", reward=rule) == 1.0
    assert score_one("$3$", "never seen before", reward="open-r1-cosine") == 1.0
    assert score_one("$3$", "never seen before", reward=MathVerified(without_mathematics=1)) is None


def test_what_mathruler_raises_costs_the_accuracy_of_easyr1(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(given: str, wanted: str) -> bool:
        raise IndexError(given)

    monkeypatch.setattr("mathruler.grader.grade_answer", fails)
    assert score_one("<think>t</think><answer>B</answer>", "B", reward="easyr1-r1v") == 0.5
    assert score_one("<answer>B</answer>", "B", reward=MathRuled()) is None


def test_a_timeout_is_null(monkeypatch: pytest.MonkeyPatch) -> None:
    def slow(text: str, **options: object) -> object:
        raise import_module("math_verify.errors").TimeoutException

    monkeypatch.setattr("math_verify.parse", slow)
    assert score_one("$3$", "3", reward=MathVerified()) is None
    assert score_one("$3$", "3", reward=MathVerified(on_error="no")) == 0.0


def test_an_unforeseen_exception_is_no_null(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(text: str, **options: object) -> object:
        raise AssertionError("a bug")

    monkeypatch.setattr("math_verify.parse", broken)
    with pytest.raises(AssertionError):
        score_one("$3$", "3", reward=MathVerified())


def test_a_time_limit_needs_the_main_thread() -> None:
    found: list[object] = []

    def score() -> None:
        for rule in (MathVerified(seconds=None), MathVerified()):
            try:
                found.append(score_one("$3$", "3", reward=rule))
            except RuleError as error:
                found.append(error.code)

    thread = threading.Thread(target=score)
    thread.start()
    thread.join()
    assert found == [1.0, "needs_main_thread"]


@pytest.mark.parametrize("reward", [MathVerified(), MathRuled()])
def test_a_missing_library_is_an_error_that_names_the_extra(
    monkeypatch: pytest.MonkeyPatch, reward: MathVerified | MathRuled
) -> None:
    monkeypatch.setattr(library, "installed", lambda package: None)
    with pytest.raises(MissingExtraError, match=r"medreward\[judge\]"):
        score_one("<answer>3</answer>", "3", reward=reward)


def test_versions_of_libraries_are_on_record_and_only_where_they_are_called() -> None:
    scores = Scorer("easyr1-r1v").score({"completion": ["<answer>B</answer>"], "gold": ["B"]})
    metadata = scores.to_arrow().schema.metadata
    assert json.loads(metadata[b"medreward.libraries"]) == {
        package: version(package) for package in ("mathruler", "pylatexenc", "sympy")
    }
    assert list(load_document("r1-v").libraries()) == ["math-verify", "latex2sympy2_extended", "sympy"]
    assert load_document(EqualText()).libraries() == {}
