"""Which files inputs name."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from medreward.errors import InputError, UsageError
from medreward.rollouts.sources import find_sources


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """``runs`` with two shards in subfolders, one hidden file, and one of another kind."""
    runs = tmp_path / "runs"
    for name in ("b/1.parquet", "a/2.parquet", "a/.hidden.parquet", ".tmp/3.parquet", "notes.txt"):
        (runs / name).parent.mkdir(parents=True, exist_ok=True)
        (runs / name).write_bytes(b"")
    return runs


def relative(*inputs: Path | str) -> list[str]:
    """What the shards are called in an output folder."""
    return [shard.relative.as_posix() for shard in find_sources(inputs).shards]


def test_one_file_is_called_by_its_name_and_gives_no_folder(folder: Path) -> None:
    sources = find_sources([folder / "a" / "2.parquet"])
    assert [str(shard.relative) for shard in sources.shards] == ["2.parquet"]
    assert not sources.folder


def test_a_folder_gives_its_parquet_files_sorted_without_hidden_ones(folder: Path) -> None:
    assert relative(folder) == ["a/2.parquet", "b/1.parquet"]
    assert find_sources([folder]).folder


def test_several_inputs_are_named_from_the_folder_that_holds_all(folder: Path) -> None:
    assert relative(folder / "b", folder / "a") == ["b/1.parquet", "a/2.parquet"]
    assert relative(folder / "b" / "1.parquet", folder / "a" / "2.parquet") == ["b/1.parquet", "a/2.parquet"]


def test_a_pattern_gives_a_folder_even_where_one_file_matches(folder: Path) -> None:
    sources = find_sources([str(folder / "a*" / "*.parquet")])
    assert [shard.relative.as_posix() for shard in sources.shards] == ["a/2.parquet"]
    assert sources.folder


def test_folders_that_a_pattern_matches_are_searched_and_each_file_counts_once(folder: Path) -> None:
    assert relative(str(folder / "[ab]")) == ["a/2.parquet", "b/1.parquet"]
    assert relative(str(folder / "**" / "*.parquet")) == ["a/2.parquet", "b/1.parquet"]


def test_a_path_that_exists_is_no_pattern(tmp_path: Path) -> None:
    odd = tmp_path / "run[1].parquet"
    odd.write_bytes(b"")
    assert relative(odd) == ["run[1].parquet"]


def test_a_relative_path_is_taken_from_the_working_folder(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    assert relative("a/2.parquet", "b") == ["a/2.parquet", "b/1.parquet"]
    assert relative("b/../a") == ["2.parquet"]


def test_a_linked_shard_keeps_its_name_in_the_folder(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "blob").write_bytes(b"")
    (folder / "a" / "linked.parquet").symlink_to(tmp_path / "blob")
    assert relative(folder) == ["a/2.parquet", "a/linked.parquet", "b/1.parquet"]


@pytest.mark.parametrize(
    ("name", "code"), [("missing.parquet", "not_found"), ("missing*.parquet", "not_found"), (".tmp/none", "not_found")]
)
def test_what_is_not_there_is_an_error_that_names_it(folder: Path, name: str, code: str) -> None:
    with pytest.raises(InputError, match=r"missing|none") as caught:
        find_sources([folder / name])
    assert caught.value.code == code


def test_a_folder_without_parquet_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=str(tmp_path)) as caught:
        find_sources([tmp_path])
    assert caught.value.code == "no_shards"


def test_a_folder_of_json_lines_gives_those_and_parquet_outputs(tmp_path: Path) -> None:
    for name in ("b.jsonl", "a/c.JSONL", "metadata.json"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"")
    shards = find_sources([tmp_path]).shards
    assert [shard.relative.as_posix() for shard in shards] == ["a/c.JSONL", "b.jsonl"]
    assert [shard.output.as_posix() for shard in shards] == ["a/c.parquet", "b.parquet"]


def test_a_folder_of_several_kinds_is_an_error_that_shows_a_pattern(folder: Path) -> None:
    (folder / "more.csv").write_bytes(b"")
    with pytest.raises(InputError, match=r"2 \*\.parquet, 1 \*\.csv[\s\S]*\*\*/\*\.parquet") as caught:
        find_sources([folder])
    assert caught.value.code == "mixed_shards"


def test_inputs_whose_scores_would_have_one_name_are_an_error(tmp_path: Path) -> None:
    for name in ("a.csv", "a.jsonl"):
        (tmp_path / name).write_bytes(b"")
    with pytest.raises(InputError) as caught:
        find_sources([tmp_path / "a.csv", tmp_path / "a.jsonl"])
    assert caught.value.code == "same_output"


def test_the_same_file_twice_is_an_error_also_through_a_link(folder: Path) -> None:
    (folder / "z.parquet").symlink_to(folder / "a" / "2.parquet")
    for inputs in ([folder / "a", folder / "a" / "2.parquet"], [folder]):
        with pytest.raises(InputError, match=r"2\.parquet") as caught:
            find_sources(inputs)
        assert caught.value.code == "duplicate_input"


def test_no_input_is_a_usage_error() -> None:
    with pytest.raises(UsageError) as caught:
        find_sources([])
    assert caught.value.code == "no_input"


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_folder_that_may_not_be_read_is_an_error(folder: Path) -> None:
    (folder / "a").chmod(0)
    try:
        with pytest.raises(InputError) as caught:
            find_sources([folder])
    finally:
        (folder / "a").chmod(0o755)
    assert caught.value.code == "permission"
