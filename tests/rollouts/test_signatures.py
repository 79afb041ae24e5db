"""Files that are not what their names say are called what they are."""

from __future__ import annotations

import gzip
import zipfile
from pathlib import Path

import pytest

from medreward.errors import InputError
from medreward.rollouts.files import open_file
from tests.rollouts.files import write

LINE = '{"completion": "<think>t</think><answer>B</answer>", "gold": "B"}\n'


@pytest.mark.parametrize("name", ["in.jsonl", "in.csv", "in.parquet", "in.jsonl.gz", "in"])
def test_a_packed_file_is_to_be_unpacked(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(gzip.compress(LINE.encode()))
    with pytest.raises(InputError, match="gzip archive") as caught:
        open_file(tmp_path / name)
    assert caught.value.code == "other_kind"
    assert "gunzip" in str(caught.value)
    with zipfile.ZipFile(tmp_path / name, "w") as packed:
        packed.writestr("a.jsonl", LINE)
    with pytest.raises(InputError, match="zip archive"):
        open_file(tmp_path / name)


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be"])
def test_utf_16_is_named(tmp_path: Path, encoding: str) -> None:
    (tmp_path / "in.csv").write_text("completion,gold\nx,B\n" if encoding == "utf-16" else "\ufeffa,b\n", encoding)
    with pytest.raises(InputError, match="UTF-16") as caught:
        open_file(tmp_path / "in.csv")
    assert "iconv" in str(caught.value)


@pytest.mark.parametrize("name", ["in.jsonl", "in.csv"])
def test_parquet_under_the_name_of_a_text_is_named(tmp_path: Path, name: str) -> None:
    write(tmp_path / "whole.parquet").rename(tmp_path / name)
    with pytest.raises(InputError, match=r"a Parquet file[^$]*\.parquet"):
        open_file(tmp_path / name)


def test_parquet_under_a_name_without_a_kind_is_read(tmp_path: Path) -> None:
    rows = open_file(write(tmp_path / "whole.parquet")).rows
    write(tmp_path / "whole.parquet").rename(tmp_path / "part-00000")
    assert open_file(tmp_path / "part-00000").rows == rows > 0
