"""Whatever stands in the cells and columns: rows are scored or the error says what is wrong, and scores verify."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from medreward_cli.main import main
from tests.rollouts.files import RIGHT, names_in

SAID = {"role": "assistant", "content": RIGHT}
CELLS: list[Any] = [
    *(None, RIGHT, "", "\ud800", "A", "B", 1, 2.5, True, float("nan"), 10**30, [], [RIGHT], ["A", "B"], [[1]], [None]),
    *({"A": "x", "B": "y"}, {}, {"": "x"}, {"A": 1, "B": None}, {"A": "x", "a ": "y"}, {"role": "a"}),
    *([SAID], [{**SAID, "role": 1}], [{**SAID, "content": 3}], [{**SAID, "content": None}]),
    [{**SAID, "content": [{"type": "text", "text": RIGHT}]}],
]
COLUMNS = ("completion", "gold", "options", "prompt", "step", "group_id", "advantage", "r")
FLAGS = (
    (),
    ("--options-from", "prompt"),
    ("--options-from", "prompt", "--bad-options", "none"),
    ("--bad-gold", "null"),
    ("--gold-index", "0"),
    ("--gold-as", "text"),
    ("--prefill", "<think>"),
    ("--end-token", "</answer>"),
    ("--options-columns", "A=prompt,B=gold"),
    ("--format", "trl"),
    ("--map", "gold=prompt"),
    ("--by", "step"),
)


@st.composite
def rows(draw: st.DrawFn) -> list[dict[str, Any]]:
    """Up to four objects; each column draws from a few cells, as real columns do."""
    pools = {name: draw(st.lists(st.sampled_from(CELLS), min_size=1, max_size=2)) for name in COLUMNS}
    columns = {name: st.sampled_from(pool) for name, pool in pools.items()}
    found: list[dict[str, Any]] = draw(st.lists(st.fixed_dictionaries({}, optional=columns), max_size=4))
    return found


@settings(max_examples=40)
@given(rows(), st.sampled_from(FLAGS), st.sampled_from(["out.parquet", "out.jsonl"]))
@example([{"completion": None, "advantage": None}, {"prompt": "2.5", "step": "\ud800"}], (), "out.parquet")
@example([{"prompt": "x", "completion": RIGHT, "advantage": 1.0, "step": [1]}], (), "out.parquet")
@example([{"prompt": "x", "completion": RIGHT, "advantage": 1.0, "step": {"A": "x"}}], (), "out.parquet")
def test_json_lines_of_anything_are_scored_whole_or_refused(
    records: list[dict[str, Any]], flags: tuple[str, ...], name: str
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder) / "in.jsonl", Path(folder) / name
        source.write_text("".join(json.dumps(record) + "\n" for record in records))
        assert main(["inspect", str(source), *(() if "--by" in flags else flags)]) in (0, 3)
        status = main(["score", str(source), "-o", str(target), "-q", *flags])
        assert status in (0, 3)
        assert names_in(Path(folder)) == sorted({"in.jsonl", *([name] if status == 0 else [])})
        if status == 0 and name == "out.parquet":
            assert main(["verify", str(target)]) == 0


@settings(max_examples=60)
@given(st.binary(max_size=60), st.sampled_from([".jsonl", ".csv", ".tsv", ".parquet", ".what"]))
def test_bytes_of_any_kind_are_an_input_error(content: bytes, suffix: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / f"in{suffix}"
        source.write_bytes(content)
        for command in (["score"], ["inspect"], ["explain", "--row", "0"]):
            assert main([command[0], str(source), *command[1:]]) in (0, 3)


@pytest.mark.parametrize("text", ['{"\\ud800": 1}\n', '{"a": {"\\ud800": 1}}\n'])
def test_a_columns_name_that_is_no_text_is_an_input_error(
    tmp_path: Path, text: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "in.jsonl").write_text(text)
    assert main(["score", str(tmp_path / "in.jsonl")]) == 3
    assert "error[bad_column_name]" in capsys.readouterr().err
