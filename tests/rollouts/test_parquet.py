"""Reading Parquet: batches bounded by rows and bytes, and files that are no Parquet."""

from __future__ import annotations

import os
from pathlib import Path

import pyarrow as pa
import pytest

from medreward.errors import InputError
from medreward.rollouts import score_files
from medreward.rollouts.files.base import BATCH_BYTES, BATCH_ROWS
from medreward.rollouts.files.parquet import ParquetRollouts
from tests.rollouts.files import table, write


def sizes(path: Path, columns: list[str] | None = None) -> list[int]:
    """The rows in each batch of a file."""
    with ParquetRollouts(path) as rollouts:
        return [batch.num_rows for batch in rollouts.batches(columns)]


def test_small_rows_come_in_full_batches_across_row_groups(tmp_path: Path) -> None:
    path = write(tmp_path / "in.parquet", pa.table({"completion": ["x"] * 20_000}), row_group_size=100)
    assert sizes(path) == [BATCH_ROWS, BATCH_ROWS, 20_000 - 2 * BATCH_ROWS]


@pytest.mark.parametrize("distinct", [True, False], ids=["distinct texts", "one text many times, a dictionary"])
def test_large_rows_come_in_batches_of_bounded_bytes(tmp_path: Path, distinct: bool) -> None:
    text = "lorem ipsum " * 20_000  # 240 kB
    texts = [text[:-6] + f"{i * distinct:06d}" for i in range(400)]
    path = write(tmp_path / "in.parquet", pa.table({"completion": texts}), compression="zstd")
    with ParquetRollouts(path) as rollouts:
        batches = [(batch.num_rows, batch.nbytes) for batch in rollouts.batches()]
    assert sum(rows for rows, _ in batches) == 400
    assert max(size for _, size in batches) <= BATCH_BYTES
    assert max(rows for rows, _ in batches) > 1


def test_a_row_larger_than_a_batch_stands_alone(tmp_path: Path) -> None:
    texts = [chr(65 + i) * (BATCH_BYTES + 1) for i in range(3)]
    assert sizes(write(tmp_path / "in.parquet", pa.table({"completion": texts}))) == [1, 1, 1]


def test_one_large_row_group_does_not_make_the_others_small(tmp_path: Path) -> None:
    texts = ["x"] * 10_000 + ["y" * (20 << 20)] + ["x"] * 9_999
    path = write(tmp_path / "in.parquet", pa.table({"completion": texts}), row_group_size=10_000)
    found = sizes(path)
    assert found.count(BATCH_ROWS) >= 1
    assert sum(found) == 20_000
    assert len(found) < 30


def test_small_rows_before_large_ones_of_a_dictionary_do_not_fill_the_memory(tmp_path: Path) -> None:
    table = pa.table({"completion": ["x"] * 8 + ["y" * (1 << 20)] * 300})
    path = write(tmp_path / "in.parquet", table, store_schema=False)
    assert path.stat().st_size < 200_000
    with ParquetRollouts(path) as rollouts:
        largest = max(batch.nbytes for batch in rollouts.batches())
    assert largest <= 256 << 20


def test_large_rows_before_small_ones_do_not_make_all_batches_small(tmp_path: Path) -> None:
    texts = [chr(65 + i) * (2 << 20) for i in range(8)] + ["x"] * 60_000
    found = sizes(write(tmp_path / "in.parquet", pa.table({"completion": texts})))
    assert sum(found) == 60_008
    assert len(found) < 30


@pytest.mark.parametrize("name", ["10:00.parquet", "s3:x.parquet", "x\udcff.parquet"])
def test_a_name_with_a_colon_or_bytes_that_are_no_text_is_a_name(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(write(tmp_path / "in.parquet").read_bytes())
    assert sizes(tmp_path / name) == sizes(tmp_path / "in.parquet")
    score_files(tmp_path / name, tmp_path / f"scored {name}")
    assert sizes(tmp_path / f"scored {name}") == sizes(tmp_path / "in.parquet")


def test_a_column_name_that_is_no_text_is_damage(tmp_path: Path) -> None:
    path = write(tmp_path / "in.parquet", table(3).append_column("extraextra", pa.array(range(21))), store_schema=False)
    path.write_bytes(path.read_bytes().replace(b"extraextra", b"\xff\xfetraextra"))
    with pytest.raises(InputError) as caught:
        sizes(path)
    assert caught.value.code == "corrupt_parquet"


def test_only_the_columns_asked_for_are_read(tmp_path: Path) -> None:
    with ParquetRollouts(write(tmp_path / "in.parquet")) as rollouts:
        assert next(rollouts.batches(["options", "gold"])).schema.names == ["options", "gold"]


@pytest.mark.parametrize("row", [0, 9, 10, 69])
def test_one_row_is_found_in_its_row_group(tmp_path: Path, row: int) -> None:
    with ParquetRollouts(write(tmp_path / "in.parquet", table(10), row_group_size=10)) as rollouts:
        assert rollouts.row(row, ["step"]).to_pylist() == [{"step": row}]


@pytest.mark.parametrize("row", [-1, 7, 10**12])
def test_a_row_beyond_the_file_is_an_error_that_says_how_many_there_are(tmp_path: Path, row: int) -> None:
    with (
        ParquetRollouts(write(tmp_path / "in.parquet")) as rollouts,
        pytest.raises(InputError, match="0 to 6") as caught,
    ):
        rollouts.row(row, ["step"])
    assert caught.value.code == "no_such_row"


def test_a_file_that_is_no_parquet_is_an_error_that_names_it(tmp_path: Path) -> None:
    for content in (b"", b"P", b"a,b\n1,2\n" * 100):
        (tmp_path / "in.parquet").write_bytes(content)
        with pytest.raises(InputError, match=r"in\.parquet") as caught:
            ParquetRollouts(tmp_path / "in.parquet")
        assert caught.value.code == "not_parquet"


@pytest.mark.parametrize("kept", [4, 8, 11, 100, 0.5, 0.99])
def test_a_file_cut_off_anywhere_is_an_error_that_says_so(tmp_path: Path, kept: float) -> None:
    whole = write(tmp_path / "whole.parquet").read_bytes()
    size = int(kept if kept >= 1 else kept * len(whole))
    (tmp_path / "in.parquet").write_bytes(whole[:size])
    with pytest.raises(InputError, match=r"in\.parquet") as caught:
        ParquetRollouts(tmp_path / "in.parquet")
    assert caught.value.code == "truncated_parquet"


def test_damage_inside_a_file_is_an_input_error_and_never_a_crash(tmp_path: Path) -> None:
    whole = write(tmp_path / "whole.parquet", table(50)).read_bytes()
    found: list[InputError] = []
    for at in range(4, len(whole) - 4, max(1, len(whole) // 60)):
        (tmp_path / "in.parquet").write_bytes(whole[:at] + b"\xff\xfe\xfd" + whole[at + 3 :])
        try:
            sizes(tmp_path / "in.parquet")
        except InputError as error:
            found.append(error)
    assert len(found) > 10
    assert {error.code for error in found} == {"corrupt_parquet"}
    assert all("in.parquet" in str(error) for error in found)


def test_a_missing_file_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        ParquetRollouts(tmp_path / "gone.parquet")
    assert caught.value.code == "not_found"


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_may_not_be_read_is_an_error(tmp_path: Path) -> None:
    write(tmp_path / "in.parquet").chmod(0)
    with pytest.raises(InputError) as caught:
        ParquetRollouts(tmp_path / "in.parquet")
    assert caught.value.code == "permission"
