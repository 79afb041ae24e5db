"""JSON lines: types that drift, what is no JSON, and what only JSON can say."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import medreward
from medreward.errors import InputError
from medreward.rollouts import score_files
from medreward.rollouts.files.json_lines import JsonLinesRollouts
from tests.cli.running import ENVIRONMENT
from tests.rollouts import files
from tests.rollouts.files import OPTIONS, RIGHT, read


def lines(path: Path, records: Sequence[object]) -> Path:
    """Write records as the standard library does, bare NaN and all."""
    path.write_text("".join(json.dumps(record) + "\n" for record in records))
    return path


def contents(path: Path) -> dict[str, list[Any]]:
    """A file's columns as Python lists."""
    with JsonLinesRollouts(path) as rollouts:
        found: dict[str, list[Any]] = pa.Table.from_batches(list(rollouts.batches()), rollouts.schema).to_pydict()
    return found


def test_lines_score_as_the_same_rows_in_parquet(tmp_path: Path) -> None:
    rows = zip(files.COMPLETIONS, files.GOLDS, strict=True)
    source = lines(tmp_path / "in.jsonl", [{"completion": c, "gold": g, "options": OPTIONS} for c, g in rows])
    score_files(source, tmp_path / "out.parquet")
    out = read(tmp_path / "out.parquet")
    assert out.schema.names == ["completion", "gold", "options", *files.SCORES]
    assert out["reward"].to_pylist() == files.REWARDS
    assert out["options"].to_pylist() == [OPTIONS] * 7


def test_types_that_drift_between_rows_give_text_and_json(tmp_path: Path) -> None:
    path = lines(tmp_path / "in.jsonl", [{"gts": "B"}, {"gts": ["A", "B"]}, {"gts": 3}, {"gts": None}, {}])
    assert contents(path) == {"gts": ["B", '["A", "B"]', "3", None, None]}


def test_whole_and_other_numbers_together_are_floats(tmp_path: Path) -> None:
    path = lines(tmp_path / "in.jsonl", [{"score": 1}, {"score": 0.5}, {"score": None}])
    assert contents(path) == {"score": [1.0, 0.5, None]}


def test_a_bare_nan_is_a_null_among_texts_and_a_nan_among_numbers(tmp_path: Path) -> None:
    path = tmp_path / "in.jsonl"
    path.write_text('{"gold": NaN, "score": NaN}\n{"gold": "B", "score": 0.5}\n')
    found = contents(path)
    assert found["gold"] == [None, "B"]
    assert found["score"][1] == 0.5
    assert found["score"][0] != found["score"][0]


def test_columns_only_in_later_rows_are_there_and_keep_the_order_they_came_in(tmp_path: Path) -> None:
    path = lines(tmp_path / "in.jsonl", [{"a": 1}, {"b": True, "a": 2}])
    assert contents(path) == {"a": [1, 2], "b": [None, True]}


def test_a_line_of_a_megabyte_and_a_half_is_one_row(tmp_path: Path) -> None:
    long = "<think>" + "because " * 190_000 + "</think><answer>B</answer>"
    path = lines(tmp_path / "in.jsonl", [{"completion": RIGHT, "gold": "B"}, {"completion": long, "gold": "B"}])
    assert path.stat().st_size > 1_500_000
    assert medreward.score(path).rewards.tolist() == [2.0, 2.0]


@pytest.mark.parametrize(
    ("text", "code", "where"),
    [
        ('{"completion": "x"}\n\n{"completion": \n', "bad_json", "line 3"),
        ('{"completion": "x"}\n["x"]\n', "not_an_object", "line 2"),
        ('[{"completion": "x"},\n{"completion": "y"}]\n', "bad_json", "line 1"),
        ('{"a": ' + "[" * 100_000 + "\n", "bad_json", "line 1"),
        ('{"n": ' + "9" * 5000 + "}\n", "bad_json", "line 1"),
        ("null\n", "not_an_object", "line 1"),
    ],
)
def test_a_bad_line_is_an_error_with_its_number(tmp_path: Path, text: str, code: str, where: str) -> None:
    path = tmp_path / "in.jsonl"
    path.write_text(text)
    with pytest.raises(InputError, match=f"in.jsonl, {where}") as caught:
        JsonLinesRollouts(path)
    assert caught.value.code == code


def test_bytes_that_are_no_utf8_are_flagged_and_a_lone_surrogate_too(tmp_path: Path) -> None:
    path = tmp_path / "in.jsonl"
    bad = b'{"completion": "<think>t\xff</think><answer>B</answer>", "gold": "B"}\n'
    path.write_bytes(bad + b'{"completion": "<think>\\ud800</think><answer>B</answer>", "gold": "B"}\n')
    scores = medreward.score(path)
    assert scores.rewards.tolist() == [2.0, 2.0]
    assert scores.table["flaws"].to_pylist() == [["invalid_utf8"], ["invalid_utf8"]]


def test_a_byte_order_mark_and_windows_line_ends_are_no_content(tmp_path: Path) -> None:
    path = tmp_path / "in.jsonl"
    path.write_bytes(b'\xef\xbb\xbf{"a": 1}\r\n{"a": 2}\r\n')
    assert contents(path) == {"a": [1, 2]}


def test_options_with_different_labels_are_maps_in_the_order_written(tmp_path: Path) -> None:
    one, two = {"B": "Lungs", "A": "Heart"}, {"A": "Liver", "C": "Spleen", "D": None}
    path = lines(
        tmp_path / "in.jsonl",
        [
            {"completion": "<answer>B</answer>", "gold": "Lungs", "options": one},
            {"completion": "<answer>B</answer>", "gold": "C", "options": two},
        ],
    )
    assert contents(path)["options"] == [list(one.items()), list(two.items())]
    scores = medreward.score(path)
    assert scores.table["answer"].to_pylist() == ["B", None]
    assert scores.table["answer_reason"].to_pylist() == [None, "out_of_range"]


def test_empty_objects_lists_and_deep_ones_come_through(tmp_path: Path) -> None:
    records = [{"a": {}, "b": [], "c": {"d": [{"e": 1}]}}, {"a": {}, "b": [], "c": {"d": []}}]
    path = lines(tmp_path / "in.jsonl", [{**record, "completion": RIGHT, "gold": "B"} for record in records])
    score_files(path, tmp_path / "out.parquet")
    out = read(tmp_path / "out.parquet")
    assert out["a"].to_pylist() == ["{}", "{}"]
    assert out["b"].to_pylist() == [[], []]
    assert out["c"].to_pylist() == [{"d": [{"e": 1}]}, {"d": []}]


def test_whole_numbers_beyond_64_bits_stay_exact_as_text(tmp_path: Path) -> None:
    assert contents(lines(tmp_path / "in.jsonl", [{"id": 2**70}, {"id": 1}])) == {"id": [str(2**70), "1"]}


def test_a_column_of_numbers_and_texts_is_text_and_that_is_said(tmp_path: Path) -> None:
    rows = [{"completion": "x", "gold": "B", "id": 1, "n": 1}, {"completion": "x", "gold": "B", "id": "a", "n": 2.5}]
    (tmp_path / "in.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    found = score_files(tmp_path / "in.jsonl", tmp_path / "out.parquet")
    assert [note.rsplit(": ", 1)[-1] for note in found.notes] == ["column 'id' holds int and text, and is text"]
    assert pq.read_table(tmp_path / "out.parquet")["id"].to_pylist() == ["1", "a"]


@pytest.mark.parametrize("content", [b"", b"\n\n"])
def test_a_file_without_lines_has_nothing_to_score(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "in.jsonl"
    path.write_bytes(content)
    with pytest.raises(InputError) as caught:
        score_files(path)
    assert caught.value.code == "no_rows"


def test_batches_are_bounded_and_hold_all_rows_in_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = lines(tmp_path / "in.jsonl", [{"i": i, "text": "x" * 100} for i in range(100)])
    monkeypatch.setattr("medreward.rollouts.files.json_lines.BATCH_BYTES", 1000)
    with JsonLinesRollouts(path) as rollouts:
        assert rollouts.rows == 100
        batches = list(rollouts.batches(["i"]))
        assert rollouts.row(57, ["i"]).to_pylist() == [{"i": 57}]
    assert max(batch.num_rows for batch in batches) < 10
    assert [i for batch in batches for i in batch.column("i").to_pylist()] == list(range(100))


def test_texts_among_conversations_are_what_the_assistant_or_the_user_said(tmp_path: Path) -> None:
    said = {"role": "assistant", "content": None}
    path = lines(
        tmp_path / "in.jsonl",
        [
            {"completion": RIGHT, "prompt": "q", "gold": "B"},
            {"completion": [said], "prompt": [{"role": "user", "content": "q"}], "gold": "B"},
        ],
    )
    found = contents(path)
    assert found["completion"][0] == [{"role": "assistant", "content": RIGHT}]
    assert found["prompt"][0] == [{"role": "user", "content": "q"}]
    assert [*map(str, medreward.score(path).rewards.tolist())] == ["2.0", "nan"]


def test_roles_that_are_no_text_make_no_conversation(tmp_path: Path) -> None:
    path = lines(tmp_path / "in.jsonl", [{"completion": [{"role": 1, "content": RIGHT}], "gold": "B"}])
    with pytest.raises(InputError) as caught:
        medreward.score(path)
    assert caught.value.code == "column_type"


def test_scoring_text_files_and_conversations_imports_no_pandas(tmp_path: Path) -> None:
    said = [{"role": "assistant", "content": [{"type": "text", "text": RIGHT}]}]
    lines(tmp_path / "in.jsonl", [{"completion": said, "id": 1, "prompt": "Which? (A) Heart (B) Lungs"}])
    (tmp_path / "in.csv").write_text(f"completion,id,prompt\n{RIGHT},1,Which? (A) Heart (B) Lungs\n")
    (tmp_path / "golds.csv").write_text("id,gold\n1,Lungs\n")
    program = f"""
import sys
from medreward.rollouts import score_files
from medreward.scoring import InputSettings
settings = InputSettings(
    gold_from={str(tmp_path / "golds.csv")!r}, gold_on="id", options_from="prompt", prefill=" ", end_tokens=("x",)
)
for name in ("in.jsonl", "in.csv"):
    print(score_files({str(tmp_path)!r} + "/" + name, {str(tmp_path)!r} + "/out.jsonl", settings=settings,
                      overwrite=True).summary.means["reward"].value)
print("pandas" in sys.modules)
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, env=ENVIRONMENT)
    assert done.stdout == "2.0\n2.0\nFalse\n"
