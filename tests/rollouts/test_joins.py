"""Golds from another file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

import medreward
from medreward.errors import InputError
from medreward.rollouts import explain_row, score_files
from medreward.scoring import InputSettings
from medreward_cli.main import main
from tests.rollouts.files import OPTIONS, RIGHT, WORDY, read, write

ROLLOUTS = {"qid": ["q2", "q1", "q2"], "completion": [RIGHT, WORDY, WORDY]}


@pytest.fixture
def rollouts(tmp_path: Path) -> Path:
    """Three rows of two questions, without golds."""
    return write(tmp_path / "in.parquet", pa.table(ROLLOUTS))


def settings(golds: Path, on: str = "qid", **more: Any) -> InputSettings:
    """Golds from a file."""
    return InputSettings(gold_from=str(golds), gold_on=on, **more)


def golds_file(path: Path, rows: list[dict[str, Any]]) -> Path:
    """The rows as a file of the kind that its suffix says."""
    if path.suffix == ".parquet":
        return write(path, pa.Table.from_pylist(rows))
    if path.suffix == ".csv":
        text = [",".join(rows[0]), *(",".join(str(cell) for cell in row.values()) for row in rows)]
        path.write_text("\n".join(text) + "\n")
    else:
        path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


@pytest.mark.parametrize("suffix", [".parquet", ".jsonl", ".csv"])
def test_golds_are_joined_by_key_from_every_kind_of_file(tmp_path: Path, rollouts: Path, suffix: str) -> None:
    golds = golds_file(tmp_path / f"golds{suffix}", [{"qid": "q1", "gold": "C"}, {"qid": "q2", "gold": "B"}])
    result = score_files(rollouts, tmp_path / "out.parquet", settings=settings(golds))
    out = read(tmp_path / "out.parquet")
    assert out["gold"].to_pylist() == ["B", "C", "B"]
    assert out["reward"].to_pylist() == [2.0, 1.0, 1.5]
    assert result.notes == (f"gold joined from {golds} on qid",)


def test_whole_numbers_join_texts_and_columns_may_be_called_differently(tmp_path: Path) -> None:
    source = write(tmp_path / "in.parquet", pa.table({"id": [7], "completion": [RIGHT]}))
    golds = golds_file(tmp_path / "golds.jsonl", [{"question": "7", "answer": "B"}])
    found = medreward.score(source, settings=settings(golds, "id=question", columns={"gold": "answer"}))
    assert found.rewards.tolist() == [2.0]
    assert found.data["answer"].to_pylist() == ["B"]


def test_options_come_along_where_the_rollouts_have_none(tmp_path: Path, rollouts: Path) -> None:
    rows = [{"qid": q, "gold": "Lungs", "options": OPTIONS} for q in ("q1", "q2")]
    golds = golds_file(tmp_path / "golds.jsonl", rows)
    found = medreward.score(rollouts, settings=settings(golds))
    assert found.rewards.tolist() == [2.0, 1.5, 1.5]
    assert found.data["options"].to_pylist() == [OPTIONS] * 3


SHUFFLED = ["Spleen", "Heart", "Lungs", "Liver"]


@pytest.fixture
def shuffled(tmp_path: Path) -> Path:
    """Three rows of two questions, without golds; one of the questions offers its options in another order."""
    return write(tmp_path / "in.parquet", pa.table({**ROLLOUTS, "options": [OPTIONS, SHUFFLED, OPTIONS]}))


def test_a_label_that_stands_for_another_text_among_the_golds_is_an_error(tmp_path: Path, shuffled: Path) -> None:
    golds = golds_file(tmp_path / "golds.jsonl", [{"qid": q, "gold": "B", "options": OPTIONS} for q in ("q1", "q2")])
    with pytest.raises(
        InputError, match=r"in\.parquet, 1 questions[\s\S]*row 1: 'Lungs' there, 'Heart' here"
    ) as caught:
        score_files(shuffled, settings=settings(golds))
    assert caught.value.code == "other_options"


@pytest.mark.parametrize(
    ("gold", "options"),
    [
        ("Lungs", OPTIONS),  # a text means itself in any order
        (" lungs ", OPTIONS),
        ("B", None),  # the file of golds does not say what it stands for
        ("B", [None] * 4),
    ],
)
def test_a_gold_that_means_the_same_in_both_files_is_joined(
    tmp_path: Path, shuffled: Path, gold: str, options: Any
) -> None:
    rows = [{"qid": q, "gold": gold, "options": options} for q in ("q1", "q2")]
    found = medreward.score(shuffled, settings=settings(golds_file(tmp_path / "golds.jsonl", rows)))
    of_the_shuffled = 1.5 if gold == "B" else 1.0  # it answers B, a mass; where Lungs is meant that is wrong there
    assert found.rewards.tolist() == [2.0, of_the_shuffled, 1.5]


def test_labels_of_options_that_differ_elsewhere_or_in_case_are_joined(tmp_path: Path, shuffled: Path) -> None:
    rows = [
        {"qid": "q1", "gold": "b", "options": ["x", " heart ", "y"]},
        {"qid": "q2", "gold": "B", "options": ["x", "LUNGS"]},
    ]
    golds = golds_file(tmp_path / "golds.jsonl", rows)
    assert medreward.score(shuffled, settings=settings(golds)).rewards.tolist() == [2.0, 1.5, 1.5]


@pytest.mark.parametrize(("gold", "how"), [(1, {"gold_index": 0}), (["B"], {}), ("B", {"gold_as": "label"})])
def test_numbers_and_sets_of_labels_are_compared_too(
    tmp_path: Path, shuffled: Path, gold: Any, how: dict[str, Any]
) -> None:
    golds = golds_file(tmp_path / "golds.jsonl", [{"qid": q, "gold": gold, "options": OPTIONS} for q in ("q1", "q2")])
    with pytest.raises(InputError) as caught:
        score_files(shuffled, settings=settings(golds, **how))
    assert caught.value.code == "other_options"


def test_options_in_columns_and_in_prompts_are_compared_with_those_of_the_golds(tmp_path: Path) -> None:
    golds = golds_file(tmp_path / "golds.jsonl", [{"qid": "q1", "gold": "B", "options": OPTIONS}])
    beside = {"qid": ["q1"], "completion": [RIGHT]}
    prompt = "Which?\nA) Spleen\nB) Heart\nC) Lungs\nD) Liver"
    source = write(tmp_path / "prompts.parquet", pa.table({**beside, "prompt": [prompt]}))
    with pytest.raises(InputError, match="'Lungs' there, 'Heart' here"):
        score_files(source, settings=settings(golds, options_from="prompt"))
    source = write(tmp_path / "columns.parquet", pa.table({**beside, "A": ["Lungs"], "B": ["Heart"]}))
    with pytest.raises(InputError, match="'Lungs' there, 'Heart' here"):
        score_files(source, settings=settings(golds, options_columns=("A", "B")))


def test_conversations_are_joined_on_their_last_user_text(tmp_path: Path) -> None:
    prompt = [{"role": "system", "content": "s"}, {"role": "user", "content": "Which?"}]
    source = write(tmp_path / "in.parquet", pa.table({"prompt": [prompt], "completion": [RIGHT]}))
    golds = golds_file(tmp_path / "golds.csv", [{"prompt": "Which?", "gold": "B"}])
    assert medreward.score(source, settings=settings(golds, "prompt")).rewards.tolist() == [2.0]


def test_a_key_without_a_gold_is_an_error_that_names_rows_and_a_null_on_request(tmp_path: Path, rollouts: Path) -> None:
    golds = golds_file(tmp_path / "golds.csv", [{"qid": "q2", "gold": "B"}])
    with pytest.raises(InputError, match=r"in\.parquet[\s\S]*row 1: 'q1'") as caught:
        score_files(rollouts, tmp_path / "out.parquet", settings=settings(golds))
    assert caught.value.code == "missing_keys"
    assert not (tmp_path / "out.parquet").exists()
    score_files(rollouts, tmp_path / "out.parquet", settings=settings(golds, bad_gold="null"))
    assert read(tmp_path / "out.parquet")["reward"].to_pylist() == [2.0, None, 1.5]


def test_a_key_that_occurs_twice_among_the_golds_is_an_error(tmp_path: Path, rollouts: Path) -> None:
    golds = golds_file(tmp_path / "golds.csv", [{"qid": "q1", "gold": "B"}] * 2 + [{"qid": "q2", "gold": "B"}])
    with pytest.raises(InputError, match=r"golds\.csv[\s\S]*'q1' 2 times") as caught:
        score_files(rollouts, settings=settings(golds))
    assert caught.value.code == "duplicate_keys"


@pytest.mark.parametrize(
    ("rows", "on", "code"),
    [
        ([{"qid": "q1", "gold": "B"}], "nothing", "missing_column"),
        ([{"other": "q1", "gold": "B"}], "qid", "missing_column"),
        ([{"qid": "q1", "answer": "B"}], "qid", "missing_column"),
        ([{"qid": 0.5, "gold": "B"}], "qid", "key_type"),
    ],
)
def test_wrong_columns_are_errors(
    tmp_path: Path, rollouts: Path, rows: list[dict[str, Any]], on: str, code: str
) -> None:
    with pytest.raises(InputError) as caught:
        score_files(rollouts, settings=settings(golds_file(tmp_path / "golds.jsonl", rows), on))
    assert caught.value.code == code


def test_golds_of_their_own_and_a_file_of_golds_are_an_error(tmp_path: Path) -> None:
    source = write(tmp_path / "in.parquet")
    golds = golds_file(tmp_path / "golds.csv", [{"group_id": "g0", "gold": "B"}])
    with pytest.raises(InputError) as caught:
        score_files(source, settings=settings(golds, "group_id"))
    assert caught.value.code == "two_golds"


def test_one_row_is_explained_with_its_joined_gold(tmp_path: Path, rollouts: Path) -> None:
    golds = golds_file(tmp_path / "golds.csv", [{"qid": "q1", "gold": "B"}, {"qid": "q2", "gold": "C"}])
    assert explain_row(rollouts, 1, settings=settings(golds)).reward == 1.5


def test_the_command_joins_and_says_so(tmp_path: Path, rollouts: Path, capsys: pytest.CaptureFixture[str]) -> None:
    golds = golds_file(tmp_path / "golds.csv", [{"id": "q1", "gold": "B"}, {"id": "q2", "gold": "B"}])
    assert main(["score", str(rollouts), "--gold-from", str(golds), "--on", "qid=id", "--json"]) == 0
    captured = capsys.readouterr()
    assert f"note: gold joined from {golds} on qid=id" in captured.err
    assert main(["score", str(rollouts), "--gold-from", str(golds)]) == 2
    assert main(["score", str(rollouts), "--gold-from", str(tmp_path / "none.csv"), "--on", "qid"]) == 3
