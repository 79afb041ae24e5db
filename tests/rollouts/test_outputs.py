"""JSON lines out, standard input and output, and one schema for a folder."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from medreward.errors import OutputError, UsageError
from medreward.rollouts import score_files
from medreward_cli.main import main
from tests.cli.running import COMMAND, ENVIRONMENT
from tests.rollouts import files
from tests.rollouts.files import OPTIONS, RIGHT, names_in, read, table, write


def records(path: Path) -> list[dict[str, Any]]:
    """The rows of a file of JSON lines."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def test_json_lines_hold_the_rows_in_their_order_with_their_scores(tmp_path: Path) -> None:
    score_files(write(tmp_path / "in.parquet", table(2000)), tmp_path / "out.jsonl")
    found = records(tmp_path / "out.jsonl")
    assert [row["reward"] for row in found] == files.REWARDS * 2000
    assert list(found[0]) == files.INPUT + files.SCORES
    assert found[1]["options"] == OPTIONS
    assert found[2]["flaws"] == ["missing_open", "missing_close"]


def test_what_json_has_no_word_for_is_null_or_text(tmp_path: Path) -> None:
    bad = pa.array([b"\xff<answer>B</answer>"], pa.binary()).cast(pa.large_binary())
    text = pa.Array.from_buffers(pa.large_string(), 1, bad.buffers())
    data = {
        "completion": text,
        "gold": ["B"],
        "nan": [float("nan")],
        "inf": [float("inf")],
        "map": pa.array([[("A", "x")]], pa.map_(pa.string(), pa.string())),
        "bytes": [b"\xfe"],
        "nested": [{"list": [float("nan"), 1.0]}],
        "when": pa.array([0], pa.timestamp("s")),
    }
    score_files(write(tmp_path / "in.parquet", pa.table(data)), tmp_path / "out.jsonl")
    (row,) = records(tmp_path / "out.jsonl")
    assert row["completion"] == "\ufffd<answer>B</answer>"
    assert (row["nan"], row["inf"], row["map"], row["bytes"]) == (None, None, {"A": "x"}, "\ufffd")
    assert row["nested"] == {"list": [None, 1.0]}
    assert row["when"] == "1970-01-01 00:00:00"
    assert row["reward_accuracy"] == 1.0


def test_an_error_leaves_no_json_lines(tmp_path: Path) -> None:
    source = write(tmp_path / "in.parquet", table().set_column(4, "gold", [["B"] * 6 + ["Kidney"]]))
    assert main(["score", str(source), "-o", str(tmp_path / "out.jsonl")]) == 3
    assert names_in(tmp_path) == ["in.parquet"]


@pytest.mark.parametrize("name", ["out.csv", "out.json", "out.tsv", "out.xyz", "out.jsonl.gz"])
def test_outputs_of_other_kinds_are_a_usage_error(tmp_path: Path, name: str) -> None:
    with pytest.raises(UsageError) as caught:
        score_files(write(tmp_path / "in.parquet"), tmp_path / name)
    assert caught.value.code == "output_kind"
    assert names_in(tmp_path) == ["in.parquet"]


def piped(text: bytes, *arguments: str) -> subprocess.CompletedProcess[bytes]:
    """Run the command with something on its standard input."""
    command = [*COMMAND, *arguments]
    return subprocess.run(command, input=text, capture_output=True, env=ENVIRONMENT, check=False, timeout=60)


def test_json_lines_go_through_a_pipe_and_the_summary_beside(tmp_path: Path) -> None:
    rows = [{"completion": RIGHT, "gold": "B"}, {"completion": "none", "gold": "B", "more": [1]}]
    done = piped("".join(json.dumps(row) + "\n" for row in rows).encode(), "score", "-", "-o", "-")
    assert done.returncode == 0
    found = [json.loads(line) for line in done.stdout.splitlines()]
    assert [row["reward"] for row in found] == [2.0, 0.0]
    assert [row["more"] for row in found] == [None, [1]]
    assert b"mean         reward 1.0000" in done.stderr


def test_a_bad_line_on_standard_input_is_named_and_nothing_comes_out() -> None:
    done = piped(b'{"completion": "x", "gold": "B"}\nnot json\n', "score", "-", "-o", "-")
    assert (done.returncode, done.stdout) == (3, b"")
    assert b"standard input, line 2" in done.stderr
    assert b"Traceback" not in done.stderr


def test_standard_input_is_the_only_input() -> None:
    assert piped(b"", "score", "-", "x.parquet").returncode == 2


def test_a_folder_of_shards_comes_out_with_one_schema(tmp_path: Path) -> None:
    data = table()
    wide = data.set_column(2, "completion", data["completion"].cast(pa.large_string()))
    write(tmp_path / "in" / "1.parquet", data.set_column(4, "gold", pa.nulls(7)).drop_columns(["step"]))
    write(tmp_path / "in" / "2.parquet", wide.append_column("extra", data["step"]))
    score_files(tmp_path / "in", tmp_path / "out")
    one, two = (read(tmp_path / "out" / f"{i}.parquet") for i in (1, 2))
    assert one.schema == two.schema
    assert one["extra"].to_pylist() == [None] * 7
    assert one["step"].to_pylist() == [None] * 7
    assert two["extra"] == data["step"]
    assert one["reward"].to_pylist() == [None] * 7
    assert two["reward"].to_pylist() == files.REWARDS


def test_columns_whose_types_have_nothing_in_common_stay_as_they_are_and_are_said(tmp_path: Path) -> None:
    write(tmp_path / "in" / "1.parquet", table().append_column("extra", table()["gold"]))
    write(tmp_path / "in" / "2.parquet", table().append_column("extra", table()["step"]))
    write(tmp_path / "in" / "3.parquet", table())
    result = score_files(tmp_path / "in", tmp_path / "out")
    assert read(tmp_path / "out" / "1.parquet")["extra"].type == pa.string()
    assert read(tmp_path / "out" / "2.parquet")["extra"].type == pa.int32()
    assert "extra" not in read(tmp_path / "out" / "3.parquet").schema.names
    assert result.notes == ("column 'extra' is string in one file, int32 in another, and stays so",)


def test_conversations_with_tools_in_some_shards_only_come_out_alike(tmp_path: Path) -> None:
    said = {"role": "assistant", "content": RIGHT}
    write(tmp_path / "in" / "1.parquet", pa.table({"completion": [[said]], "gold": ["B"]}))
    called = {**said, "tool_calls": [{"name": "zoom"}]}
    write(tmp_path / "in" / "2.parquet", pa.table({"completion": [[called]], "gold": ["B"]}))
    score_files(tmp_path / "in", tmp_path / "out")
    one, two = (read(tmp_path / "out" / f"{i}.parquet") for i in (1, 2))
    assert one.schema == two.schema
    assert one["reward"].to_pylist() == two["reward"].to_pylist() == [2.0]


def test_a_file_uri_is_a_path(tmp_path: Path) -> None:
    source = write(tmp_path / "in.parquet")
    score_files(source.as_uri(), (tmp_path / "out.parquet").as_uri())
    assert read(tmp_path / "out.parquet")["reward"].to_pylist() == files.REWARDS
    with pytest.raises(OutputError) as caught:
        score_files(source.as_uri(), source.as_uri())
    assert caught.value.code == "output_in_input"


@pytest.mark.parametrize("uri", ["foo://bucket/x.parquet", "file://relative/x.parquet"])
def test_a_uri_nobody_knows_is_a_usage_error(tmp_path: Path, uri: str) -> None:
    for arguments in ([uri], [str(write(tmp_path / "in.parquet")), "-o", uri]):
        assert main(["score", *arguments]) == 2
