"""One row of a file, explained; and files scored into memory."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

import medreward
from medreward.errors import InputError
from medreward.rollouts import explain_row, score
from tests.rollouts import files
from tests.rollouts.files import table, write


def test_every_row_is_explained_with_the_reward_it_was_given(tmp_path: Path) -> None:
    path = write(tmp_path / "in.parquet")
    found = [explain_row(path, row) for row in range(7)]
    assert [explanation.reward for explanation in found] == files.REWARDS
    assert [explanation.answer for explanation in found] == files.ANSWERS
    assert [explanation.completion for explanation in found] == list(files.COMPLETIONS)


@pytest.mark.parametrize(
    "options",
    [
        pa.array([files.OPTIONS]),
        pa.array([{"A": "Heart", "B": "Lungs", "C": None}]),
        pa.array([[("A", "Heart"), ("B", "Lungs")]], pa.map_(pa.string(), pa.string())),
        pa.array([None], pa.list_(pa.string())),
    ],
    ids=["list", "struct", "map", "null"],
)
def test_options_of_every_type_are_understood(tmp_path: Path, options: pa.Array) -> None:
    text = pa.array([files.RIGHT]).dictionary_encode()
    path = write(tmp_path / "in.parquet", pa.table({"completion": text, "gold": ["B"], "options": options}))
    assert explain_row(path, 0).reward == 2.0


def test_a_struct_offers_only_labels_that_have_a_text(tmp_path: Path) -> None:
    options = pa.array([{"A": "Heart", "B": None}, {"A": "Heart", "B": "Lungs"}])
    path = write(
        tmp_path / "in.parquet", pa.table({"completion": [files.RIGHT] * 2, "gold": ["A"] * 2, "options": options})
    )
    assert [explain_row(path, row).answer for row in (0, 1)] == [None, "B"]


def test_bytes_that_are_no_text_are_flagged_as_when_scored(tmp_path: Path) -> None:
    raw = pa.array([b"<think>\xff</think><answer>B</answer>"])
    path = write(tmp_path / "in.parquet", pa.table({"completion": raw, "gold": ["B"]}))
    explanation = explain_row(path, 0)
    assert explanation.reward == 2.0
    assert list(explanation.flaws) == ["invalid_utf8"]
    assert score(path).table["flaws"].to_pylist() == [["invalid_utf8"]]


def test_a_bad_gold_is_an_error_that_names_the_row(tmp_path: Path) -> None:
    data = table().slice(0, 2).set_column(4, "gold", pa.array(["B", "Kidney"]))
    path = write(tmp_path / "in.parquet", data)
    with pytest.raises(InputError, match="row 1: gold 'Kidney'"):
        explain_row(path, 1)


def test_a_path_scores_as_the_data_behind_it(tmp_path: Path) -> None:
    write(tmp_path / "in" / "1.parquet")
    write(tmp_path / "in" / "2.parquet")
    for data, times in ((tmp_path / "in", 2), (str(tmp_path / "in" / "1.parquet"), 1), (table(), 1)):
        assert medreward.score(data).table["reward"].to_pylist() == files.REWARDS * times


def test_scores_of_a_path_stand_beside_its_columns(tmp_path: Path) -> None:
    found: Any = medreward.score(write(tmp_path / "in.parquet"), "mcq", prefix="m_").to_arrow()
    assert found.schema.names == [*files.INPUT, *(f"m_{name}" for name in files.SCORES)]
    assert found["m_reward"].to_pylist() == files.MCQ_REWARDS
