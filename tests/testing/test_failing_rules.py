"""A rule that fails on some completions breaks a law that says so; it never ends the check."""

from __future__ import annotations

import sys
from typing import Any, Literal

import numpy as np
import pytest

from medreward import Document, TagPresence, from_function
from medreward.rewards import REWARDS, Gold, Reward, Values
from medreward.testing import check, find_exploits, laws
from medreward.text import Reading
from tests.testing import broken


class FailsOnSome(Reward):
    """Wrong: raises, ends the process or gives NaN where a completion has no tag."""

    kind: Literal["failing_on_some.v1"] = "failing_on_some.v1"
    how: Literal["raise", "exit", "nan"] = "raise"

    def evaluate(self, reading: Reading, gold: Gold) -> Values:
        texts = [reading.rows.text(row) or "" for row in range(len(reading))]
        untagged = np.array(["<" not in text for text in texts])
        if untagged.any() and self.how != "nan":
            raise ValueError("no tag") if self.how == "raise" else SystemExit(0)
        return Values.of(np.where(untagged, np.nan, ["</answer>" in text for text in texts]), reading.rows.valid)

    def bounds(self) -> tuple[float, float]:
        return (0.0, 1.0)


class EndsWithGold(Reward):
    """1 where the completion ends with the gold; of tags nothing is known."""

    kind: Literal["ends_with_gold.v1"] = "ends_with_gold.v1"

    def gold_forms(self) -> frozenset[Literal["label", "labels", "raw"]]:
        return frozenset({"raw"})

    def evaluate(self, reading: Reading, gold: Gold) -> Values:
        codes, cells = gold.cells
        ends = [(reading.rows.text(row) or "").endswith(cells[code] or "?") for row, code in enumerate(codes.tolist())]
        return Values.of(ends, reading.rows.valid)

    def bounds(self) -> tuple[float, float]:
        return (0.0, 1.0)


for rule in (FailsOnSome, EndsWithGold):
    REWARDS.add(rule)


@pytest.mark.parametrize("how", ["raise", "exit", "nan"])
def test_a_rule_that_fails_on_some_completions_breaks_total_and_nothing_is_a_traceback(how: Any) -> None:
    report = check(FailsOnSome(how=how), examples=200, seconds=1)
    words = {verdict.law.name: verdict.word for verdict in report.verdicts}
    assert words["total"] == "broken"
    assert words["batch_blind"] == words["offline_is_online"] == words["round_trip"] == words["repeatable"] == "holds"
    assert report.analysis is None
    assert report.to_dict()["analysis"] is None
    (verdict,) = [verdict for verdict in report.verdicts if verdict.law is laws.TOTAL]
    assert verdict.counterexample is not None
    assert verdict.counterexample.rows[0].completion == ""


def test_a_rule_that_fails_in_large_batches_alone_depends_on_its_batch() -> None:
    def reward(completion: Any) -> list[float]:
        if len(completion) > 50:
            raise RuntimeError("too many")
        return [float(text.count("<answer>") == 1) for text in completion]

    found = laws.BATCH_BLIND.check(from_function(reward)).counterexample
    assert found is not None


def test_failures_are_no_values_and_are_counted() -> None:
    def reward(text: str, gold: str) -> float:
        if "</answer>" not in text:
            raise ValueError("no answer")
        return 0.5

    found = laws.DEPENDS_ON_COMPLETION.check(broken.per_row(reward), form="trl", examples=40).counterexample
    assert found is not None
    assert found.scores == (0.5,)
    counts = [int(word) for word in found.said.replace(",", "").split() if word.isdigit()]
    assert found.said == f"each of {counts[0]} completions earns this, and {counts[1]} fail"
    assert min(counts) > 0


def test_what_fails_everywhere_is_not_said_to_be_constant() -> None:
    def ends(completions: Any, **_: Any) -> list[float]:
        sys.exit(0)

    assert laws.DEPENDS_ON_COMPLETION.check(ends, form="trl", examples=20).word == "holds"
    assert laws.TOTAL.check(ends, form="trl", examples=20).word == "broken"


def test_the_search_survives_a_rule_that_fails() -> None:
    for exploit in find_exploits(FailsOnSome() + TagPresence().named("format"), seconds=0):
        assert exploit.lines()


def test_a_reward_with_a_function_in_it_has_no_document_and_the_laws_of_documents_say_so() -> None:
    def brief(completion: Any) -> list[float]:
        return [float(len(text) < 200) for text in completion]

    for reward in (from_function(brief), from_function(brief) + TagPresence()):
        report = check(reward, examples=20, seconds=0)
        why = {verdict.law.name: verdict.skipped for verdict in report.verdicts}
        assert why["round_trip"] == why["offline_is_online"]
        assert why["round_trip"] == "a reward with a Python function in it has no document"
        assert report.name == "a Python function"


def test_one_rule_gets_one_verdict_in_whatever_form_it_is_given() -> None:
    def vectorized(completion: Any, gold: Any) -> list[float]:
        return [float(text.endswith(cell or "?")) for text, cell in zip(completion, gold, strict=True)]

    def plain(text: str, gold: str) -> float:
        return float(text.endswith(gold))

    given: list[tuple[Any, dict[str, Any]]] = [
        (EndsWithGold(), {}),
        (Document(reward=EndsWithGold()).to_json(), {}),
        (from_function(vectorized), {}),
        (broken.per_row(plain), {"form": "trl"}),
    ]
    tried = [law for law in laws.LAWS if law.name not in ("offline_is_online", "round_trip", "gold_spelling")]
    found = [check(reward, laws=tried, examples=60, seconds=0, **how) for reward, how in given]
    words = [[verdict.word for verdict in report.verdicts] for report in found]
    assert words[0] == words[1] == words[2] == words[3]
    assert words[0].count("broken") > 0
    assert words[0].count("skipped") == 0
