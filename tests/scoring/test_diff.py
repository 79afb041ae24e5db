"""Rewards compared on the same rollouts, against counts made by hand."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import medreward
from medreward import Constant, Document, RelativeLength, UsageError
from medreward.scoring.diff import Differ
from medreward_cli.main import main

GOOD = "<think>t</think><answer>{}</answer>"
ROLLOUTS = {  # medvlm-r1 → medvlm-r1-code
    "completion": [
        GOOD.format("B"),  # 2 → 2
        GOOD.format("B") + "\n",  # 2 → 1: the code wants nothing after the last tag
        GOOD.format("B) Lungs"),  # 1.5 → 1: the g of Lungs is a second letter
        GOOD.format("C"),  # 1 → 1
        "<THINK>t</THINK><ANSWER>B</ANSWER>",  # 0 → 1: the code's accuracy takes any case
        GOOD.format("B"),  # 2 → 2
        None,
        GOOD.format("A"),  # no gold
    ],
    "gold": ["B"] * 7 + [None],
    "group_id": ["a", "a", "b", "b", "c", "c", "c", "d"],
    "logged": [1.0, 0.5, 0.0, None, 0.0, 1.0, 1.0, 1.0],
}
OUTCOMES = {(2.0, 2.0): 2, (0.0, 1.0): 1, (1.0, 1.0): 1, (1.5, 1.0): 1, (2.0, 1.0): 1}


def test_a_diff_counts_which_totals_become_which() -> None:
    (pair,) = medreward.diff(ROLLOUTS, ["medvlm-r1", "medvlm-r1-code"]).pairs
    assert pair.names == ("medvlm-r1", "medvlm-r1-code")
    assert pair.outcomes == OUTCOMES
    assert (pair.rows, pair.null_in_one, pair.equal, pair.higher, pair.lower) == (6, 0, 3, 1, 2)
    assert pair.means == (8.5 / 6, 8 / 6)


def test_a_diff_tells_what_changes_within_groups() -> None:
    # a: (2, 2) → (2, 1) a tie broken; b: (1.5, 1) → (1, 1) a tie made, no spread left; c: (0, 2) → (1, 2)
    groups = medreward.diff(ROLLOUTS, ["medvlm-r1", "medvlm-r1-code"]).pairs[0].groups
    assert groups is not None
    assert (groups.groups, groups.zero_spread) == (3, (1 / 3, 1 / 3))
    assert (groups.ties_made, groups.ties_broken, groups.reversed, groups.sign_flips) == (1 / 3, 1 / 3, 0, 0)
    # two of a move from 0 to ±0.7070, two of b from ±0.7069 to 0; of c both by what epsilon makes of a smaller spread
    assert groups.advantage_change == pytest.approx((4 * 0.707) / 6, abs=1e-3)


def test_an_order_that_is_turned_round_is_seen_and_its_signs_flip() -> None:
    data = {"completion": [GOOD.format("B"), "B"], "gold": ["B", "B"], "group_id": ["a", "a"], "mine": [0.0, 1.0]}
    (pair,) = medreward.diff(data, {"a": "mcq", "b": medreward.logged_reward("mine")}).pairs
    assert pair.groups is not None
    assert (pair.groups.reversed, pair.groups.sign_flips) == (1.0, 1.0)


def test_rows_that_flip_are_shown_one_of_each_kind_first() -> None:
    (pair,) = medreward.diff(ROLLOUTS, ["medvlm-r1", "medvlm-r1-code"], examples=3).pairs
    assert [(flip.row, flip.values, flip.gold) for flip in pair.flips] == [
        (4, (0.0, 1.0), "B"),
        (2, (1.5, 1.0), "B"),
        (1, (2.0, 1.0), "B"),
    ]
    assert pair.flips[1].completion == GOOD.format("B) Lungs")
    assert pair.flips[1].components == (
        {"reward_format": 1.0, "reward_accuracy": 0.5},
        {"reward_format": 1.0, "reward_accuracy": 0.0},
    )


def test_a_column_of_the_file_is_a_reward_to_compare_with_and_its_null_is_no_value() -> None:
    (pair,) = medreward.diff(ROLLOUTS, {"r": "medvlm-r1", "l": medreward.logged_reward("logged+logged")}).pairs
    assert pair.outcomes == {(2.0, 2.0): 2, (0.0, 0.0): 1, (1.5, 0.0): 1, (2.0, 1.0): 1}
    assert pair.null_in_one == 2  # row 3 has no logged value, row 7 no gold


def test_the_completion_of_a_conversation_is_shown_as_it_was_read() -> None:
    said = [{"role": "assistant", "content": GOOD.format("(B)")}]
    data = {"completion": [said], "gold": ["B"]}
    (pair,) = medreward.diff(data, ["medvlm-r1", "medvlm-r1-eval"]).pairs
    assert [flip.completion for flip in pair.flips] == [GOOD.format("(B)")]


def test_as_many_rows_that_flip_are_kept_as_are_asked_for() -> None:
    many = pa.concat_tables([pa.table(ROLLOUTS)] * 5).combine_chunks()
    for batch in (40, 3):
        data = pa.Table.from_batches(many.to_batches(max_chunksize=batch))
        flips = medreward.diff(data, ["medvlm-r1", "medvlm-r1-code"], examples=100).pairs[0].flips
        assert sorted(flip.row for flip in flips) == sorted(8 * turn + row for turn in range(5) for row in (1, 2, 4))
        assert len(medreward.diff(data, ["medvlm-r1", "medvlm-r1-code"], examples=4).pairs[0].flips) == 4
        assert medreward.diff(data, ["medvlm-r1", "medvlm-r1-code"], examples=0).pairs[0].flips == ()


def test_a_reward_that_compares_groups_is_compared_over_whole_groups(tmp_path: Path) -> None:
    # in a group of the lengths 1, 3, 5 the shortest earns 0.5, the middle one 0, the longest -0.5
    data = {"completion": ["x", "y", "xxx", "yy", "xxxxx"], "group_id": ["a", "b", "a", "b", "a"]}
    rewards = {"none": Constant(value=0), "short": RelativeLength()}
    expected = {(0.0, 0.5): 2, (0.0, -0.5): 2, (0.0, 0.0): 1}
    pq.write_table(pa.table(data), tmp_path / "a.parquet", row_group_size=2)
    for source in (data, pa.Table.from_batches(pa.table(data).to_batches(max_chunksize=1)), tmp_path / "a.parquet"):
        (pair,) = medreward.diff(source, rewards).pairs
        assert pair.outcomes == expected
        assert pair.groups is not None
        assert (pair.groups.zero_spread, pair.groups.ties_broken) == ((1.0, 0.0), 1.0)
    with pytest.raises(UsageError, match="whole groups"):
        Differ(rewards).add(pa.record_batch(data))


def test_no_rows_are_compared_as_no_rows(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    empty = pa.table(ROLLOUTS).slice(0, 0)
    (pair,) = medreward.diff(empty, ["medvlm-r1", "mcq"]).pairs
    assert (pair.names, pair.rows, pair.means, pair.outcomes) == (("medvlm-r1", "mcq"), 0, (None, None), {})
    pq.write_table(empty, tmp_path / "a.parquet")
    assert main(["diff", str(tmp_path / "a.parquet"), "--reward", "mcq", "--column", "logged"]) == 0
    assert capsys.readouterr().out == "rows         0: there is nothing to compare\n"


def test_two_documents_of_one_file_name_are_told_by_their_paths(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pq.write_table(pa.table(ROLLOUTS), tmp_path / "a.parquet")
    files = [tmp_path / side / "mine.json" for side in ("new", "old")]
    for file, value in zip(files, (0, 1), strict=True):
        file.parent.mkdir()
        file.write_text(Document(reward=Constant(value=value)).to_json())
    command = ["diff", str(tmp_path / "a.parquet"), *(f"--reward={file}" for file in files), "--json"]
    assert main(command) == 0
    assert json.loads(capsys.readouterr().out)["pairs"][0]["names"] == [str(file) for file in files]


def test_a_sum_of_logged_columns_names_each_of_them() -> None:
    for names in ("", "a+", "+a", "a++b"):
        with pytest.raises(UsageError, match="both sides"):
            medreward.logged_reward(names)


def test_a_column_with_a_plus_in_its_name_is_that_column_and_no_sum(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data = {"completion": [GOOD.format("B")] * 2, "gold": ["B"] * 2, "a": [1.0, 2.0], "b": [10.0, 20.0]}
    command = ["diff", str(tmp_path / "a.parquet"), "--column", "a", "--column", "a+b", "--json"]
    for beside, values in (({}, [[1.0, 11.0], [2.0, 22.0]]), ({"a+b": [5.0, 6.0]}, [[1.0, 5.0], [2.0, 6.0]])):
        pq.write_table(pa.table({**data, **beside}), tmp_path / "a.parquet")
        assert main(command) == 0
        (pair,) = json.loads(capsys.readouterr().out)["pairs"]
        assert [cell["values"] for cell in pair["outcomes"]] == values


def test_one_reward_is_nothing_to_compare() -> None:
    too_few: list[list[str]] = [["mcq"], ["mcq", "mcq"], []]
    for rewards in too_few:
        with pytest.raises(UsageError, match="Two different rewards"):
            medreward.diff(ROLLOUTS, rewards)


def test_files_and_memory_and_batches_give_the_same(tmp_path: Path) -> None:
    table = pa.table(ROLLOUTS)
    pq.write_table(table, tmp_path / "a.parquet", row_group_size=3)
    rewards = ["medvlm-r1", "medvlm-r1-code", "mcq"]
    expected = medreward.diff(ROLLOUTS, rewards).to_dict()
    assert medreward.diff(tmp_path / "a.parquet", rewards).to_dict() == expected
    assert medreward.diff(pa.Table.from_batches(table.to_batches(max_chunksize=1)), rewards).to_dict() == expected


def test_the_command_prints_the_outcomes_and_the_same_data_as_json(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pq.write_table(pa.table(ROLLOUTS), tmp_path / "a.parquet")
    command = ["diff", str(tmp_path / "a.parquet"), "--reward", "medvlm-r1", "--column", "logged"]
    assert main(command) == 0
    printed = capsys.readouterr().out
    assert "medvlm-r1 → logged" in printed
    assert "row 4" not in printed  # 0 and 0 are equal
    assert main([*command, "--reward", "mcq", "--json"]) == 0
    data = json.loads(capsys.readouterr().out)
    assert [pair["names"] for pair in data["pairs"]] == [["medvlm-r1", "mcq"], ["medvlm-r1", "logged"]]


def test_the_command_wants_two_rewards(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pq.write_table(pa.table(ROLLOUTS), tmp_path / "a.parquet")
    assert main(["diff", str(tmp_path / "a.parquet"), "--reward", "mcq"]) == 2
    assert main(["diff", str(tmp_path / "a.parquet"), "--reward", "mcq", "--column", "none"]) == 3
    assert "none" in capsys.readouterr().err
