"""CSV and TSV: quoting, numbers, empty cells, and rows that do not fit."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pytest

import medreward
from medreward.errors import InputError
from medreward.rollouts import score_files
from medreward.rollouts.files.delimited import DelimitedRollouts
from medreward.scoring import InputSettings
from tests.rollouts.files import read


def table_of(path: Path, text: tuple[str, ...] = ()) -> pa.Table:
    """A file's columns."""
    with DelimitedRollouts(path, text=text) as rollouts:
        return pa.Table.from_batches(list(rollouts.batches()), rollouts.schema)


def test_quoted_cells_hold_commas_quotes_and_line_breaks(tmp_path: Path) -> None:
    path = tmp_path / "in.csv"
    path.write_text('completion,gold\n"<think>a, ""b""\nc</think>\n<answer>B</answer>",B\n')
    scores = medreward.score(path)
    assert scores.rewards.tolist() == [2.0]
    assert scores.data["completion"].to_pylist() == ['<think>a, "b"\nc</think>\n<answer>B</answer>']


def test_an_empty_cell_is_null_and_never_a_zero(tmp_path: Path) -> None:
    path = tmp_path / "in.csv"
    path.write_text("completion,gold\n,B\n<answer>B</answer>,\n")
    assert [*map(str, medreward.score(path).rewards.tolist())] == ["nan", "nan"]


@pytest.mark.parametrize(
    ("cells", "kind", "values"),
    [
        (["1", "-20", ""], pa.int64(), [1, -20, None]),
        (["1", "2.5"], pa.float64(), [1.0, 2.5]),
        (["1", "2", "x"], pa.large_string(), ["1", "2", "x"]),
        (["007", "1"], pa.large_string(), ["007", "1"]),  # an id: as a number it would be another
        (["", ""], pa.null(), [None, None]),
        (["9" * 30, "1"], pa.large_string(), ["9" * 30, "1"]),
    ],
)
def test_numbers_are_found_by_looking_at_every_row(
    tmp_path: Path, cells: list[str], kind: pa.DataType, values: list[object]
) -> None:
    path = tmp_path / "in.csv"
    path.write_text("".join(f"{cell},end\n" for cell in ["x", *cells]))
    column = table_of(path)["x"]
    assert (column.type, column.to_pylist()) == (kind, values)


def test_columns_that_mean_text_stay_text(tmp_path: Path) -> None:
    path = tmp_path / "in.csv"
    path.write_text("completion,gold,step\n12,01,3\n")
    assert table_of(path, text=("completion", "gold")).to_pylist() == [{"completion": "12", "gold": "01", "step": 3}]
    score_files(path, tmp_path / "out.parquet", settings=InputSettings(gold_index=1))
    assert read(tmp_path / "out.parquet")["completion"].to_pylist() == ["12"]


def test_tabs_separate_in_tsv(tmp_path: Path) -> None:
    path = tmp_path / "in.tsv"
    path.write_text("completion\tgold\n<think>a, b</think><answer>B</answer>\tB\n")
    assert medreward.score(path).rewards.tolist() == [2.0]


@pytest.mark.parametrize(
    ("text", "where"),
    [("a,b\n1,2\n1,2,3\n", "line 3"), ("a,b\n1\n", "line 2"), ('a,b\n1,"x"y\n', "line 2"), ('a,b\n1,"x', "line 2")],
)
def test_a_row_that_does_not_fit_is_an_error_with_its_line(tmp_path: Path, text: str, where: str) -> None:
    path = tmp_path / "in.csv"
    path.write_text(text)
    with pytest.raises(InputError, match=f"in.csv, {where}") as caught:
        DelimitedRollouts(path)
    assert caught.value.code == "bad_csv"


def test_a_cell_of_a_megabyte_and_a_half_and_bytes_that_are_no_utf8_are_scored(tmp_path: Path) -> None:
    path = tmp_path / "in.csv"
    long = b"<think>" + b"because " * 190_000 + b"\xff</think><answer>B</answer>"
    path.write_bytes(b"completion,gold\n" + long + b",B\n")
    scores = medreward.score(path)
    assert scores.rewards.tolist() == [2.0]
    assert scores.table["flaws"].to_pylist() == [["invalid_utf8"]]


@pytest.mark.parametrize(("name", "separator"), [("in.csv", ";"), ("in.csv", "\t"), ("in.tsv", ","), ("in.csv", "|")])
def test_cells_that_are_separated_by_something_else_are_told(tmp_path: Path, name: str, separator: str) -> None:
    (tmp_path / name).write_text(separator.join(("completion", "gold")) + "\nx" + separator + "B\n")
    with pytest.raises(InputError) as caught:
        score_files(tmp_path / name)
    assert caught.value.code == "bad_csv"
    assert repr(separator) in caught.value.what


def test_an_empty_file_has_nothing_to_score(tmp_path: Path) -> None:
    (tmp_path / "in.csv").write_bytes(b"")
    with pytest.raises(InputError) as caught:
        score_files(tmp_path / "in.csv")
    assert caught.value.code == "no_rows"
