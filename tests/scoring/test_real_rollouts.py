"""Rollouts written by a real model read as plain string methods read them."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pyarrow.parquet as pq

from medreward import Scorer
from medreward.text import Reading, Rows
from medreward.text.facts import Blocks
from tests.oracle import text as oracle


def clean_letter(completion: str, offered: str) -> str | None:
    """The label, where every answer body of the completion is exactly one label and all are the same."""
    bodies = {body.strip().upper() for body in oracle.answer_bodies(completion)}
    return bodies.pop() if len(bodies) == 1 and len(min(bodies)) == 1 and min(bodies) in offered else None


def test_counts_on_real_rollouts_are_those_of_plain_string_methods(real_data: Path) -> None:
    table = pq.ParquetFile(real_data / "vlm_rollouts.parquet").read()
    completions, golds = table["completion"].to_pylist(), table["gold"].to_pylist()
    offered = ["ABCDEFGHIJ"[: len(options)] for options in table["options"].to_pylist()]
    scores = Scorer("medvlm-r1").score(table)
    rows = scores.table.to_pylist()

    assert scores.summary.well_formed == sum(map(oracle.is_well_formed, completions))
    for place in ("before", "between", "after"):
        expected = sum(place in oracle.stray(text) for text in completions)
        assert sum(f"stray_{place}" in row["flaws"] for row in rows) == expected
    reading = Reading(Rows.of(table["completion"].combine_chunks()))
    blocks = reading[Blocks()]
    found = Counter(reading.tags.roles[role] for role in blocks.role.tolist())
    assert found == Counter(block.role for text in completions for block in oracle.blocks(text))
    letters = [clean_letter(text, labels) for text, labels in zip(completions, offered, strict=True)]
    assert [row["answer"] if row["answer_form"] == "clean" else None for row in rows] == letters
    formats = [float(oracle.is_well_formed(text) and not oracle.stray(text)) for text in completions]
    assert scores.column("reward_format").tolist() == formats
    for row, letter, gold in zip(rows, letters, golds, strict=True):
        if letter is not None:
            assert row["reward_accuracy"] == float(letter == gold)
    assert [set(row["flaws"]) - {"misspelt_tag"} for row in rows] == [oracle.flaws(text) for text in completions]


def test_every_preset_scores_every_real_rollout(real_data: Path) -> None:
    table = pq.ParquetFile(real_data / "vlm_rollouts.parquet").read()
    for name in ("medvlm-r1", "medvlm-r1-code", "medvlm-r1-eval", "mcq"):
        assert Scorer(name).score(table).table["reward"].null_count == 0


def test_untagged_real_answers_score_without_an_answer(real_data: Path) -> None:
    table = pq.ParquetFile(real_data / "medical_answers.parquet").read()
    scores = Scorer("mcq").score(table)
    assert scores.table["reward"].to_pylist() == [0.0] * table.num_rows
    assert scores.summary.to_dict()["forms"] == {"missing": table.num_rows}
