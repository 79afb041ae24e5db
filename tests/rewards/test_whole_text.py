"""Completions without an answer block, read whole where that is asked for."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from medreward import load_document
from medreward.rewards import Document, Holds
from medreward.rewards.whole_text import reading_whole_text
from medreward.scoring import Scorer, explain
from medreward.text.facts import Body, HasBody
from medreward_cli.main import main

TEXTS = [
    "The labrum is torn. The answer is B.",
    "<think>t</think><answer>C</answer> The answer is B.",
    "I cannot tell.",
    None,
]


def test_the_whole_text_is_the_answer_only_where_there_is_no_block() -> None:
    scores = Scorer(reading_whole_text(load_document("medvlm-r1"))).score({"completion": TEXTS, "gold": ["B"] * 4})
    assert scores.table["answer"].to_pylist() == ["B", "C", None, None]
    assert scores.table["reward_accuracy"].to_pylist() == [0.5, 0.0, 0.0, None]
    assert scores.table["answer_form"].to_pylist() == ["stated", "clean", "none", None]


def test_a_preset_reads_no_whole_text_by_itself() -> None:
    assert Scorer("medvlm-r1").score({"completion": TEXTS[:1], "gold": ["B"]}).rewards.tolist() == [0.0]
    assert reading_whole_text(load_document("mcq")).digest != load_document("mcq").digest


def test_the_words_that_decided_are_marked_in_untagged_text() -> None:
    reward = reading_whole_text(load_document("medvlm-r1"))
    explanation = explain(TEXTS[0], gold="B", options=["x", "y"], reward=reward)
    assert [TEXTS[0][mark.start : mark.end] for mark in explanation.marks if mark.kind == "label"] == ["B"]  # type: ignore[index]


def test_the_command_reads_whole_texts_where_it_is_told_to(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    table = pa.table({"completion": TEXTS[:2], "gold": ["B", "C"], "options": [["x", "y", "z"]] * 2})
    pq.write_table(table, tmp_path / "in.parquet")
    assert main(["score", str(tmp_path / "in.parquet"), "-o", str(tmp_path / "out.parquet"), "--read", "text"]) == 0
    assert pq.read_table(tmp_path / "out.parquet")["answer"].to_pylist() == ["B", "C"]
    assert main(["score", str(tmp_path / "in.parquet"), "-o", str(tmp_path / "tags.parquet")]) == 0
    assert pq.read_table(tmp_path / "tags.parquet")["answer"].to_pylist() == [None, "C"]
    capsys.readouterr()
    assert (
        main(
            [
                "explain",
                "--completion",
                "I choose B.",
                "--gold",
                "B",
                "--option",
                "x",
                "--option",
                "y",
                "--read",
                "text",
            ]
        )
        == 0
    )
    assert "commits to B" in capsys.readouterr().out


def test_bodies_of_other_tags_are_left_alone() -> None:
    thoughts = Document(reward=Holds(facts=(HasBody(body=Body(tag="think")),)))
    assert reading_whole_text(thoughts) == thoughts
    answers = Document(reward=Holds(facts=(HasBody(body=Body()),)))
    assert reading_whole_text(answers) != answers
