"""Files and folders appear whole under their name, or not at all."""

from __future__ import annotations

import errno
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import pyarrow as pa
import pytest

from medreward.errors import OutputError
from medreward.rollouts.publish import output_errors, publish_file, publish_folder
from tests.rollouts.files import names_in, write

Publish = Callable[[Path], AbstractContextManager[Path]]


def test_a_file_has_its_name_only_when_the_block_has_ended(tmp_path: Path) -> None:
    with publish_file(tmp_path / "out") as temporary:
        temporary.write_text("whole")
        assert not (tmp_path / "out").exists()
        assert temporary.parent == tmp_path
    assert (tmp_path / "out").read_text() == "whole"
    assert names_in(tmp_path) == ["out"]


def test_a_folder_has_its_name_only_when_the_block_has_ended(tmp_path: Path) -> None:
    with publish_folder(tmp_path / "out") as temporary:
        (temporary / "a").write_text("whole")
        assert not (tmp_path / "out").exists()
    assert names_in(tmp_path) == ["out", "out/a"]


OURS = pa.table({"a": [1]}).replace_schema_metadata({"medreward.rows": "1"})
"""A file that scoring wrote says so."""


def break_file(path: Path, error: type[BaseException], *, overwrite: bool) -> None:
    """Fail while a file is being written."""
    with publish_file(path, overwrite=overwrite) as temporary:
        temporary.write_text("half")
        raise error


def break_folder(path: Path, error: type[BaseException], *, overwrite: bool) -> None:
    """Fail while a folder is being filled."""
    with publish_folder(path, overwrite=overwrite) as temporary:
        (temporary / "half").write_text("half")
        raise error


def race(path: Path) -> None:
    """Publish a file while somebody else takes its name."""
    with publish_file(path) as temporary:
        temporary.write_text("mine")
        path.write_text("theirs")


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt, SystemExit])
@pytest.mark.parametrize("overwrite", [False, True])
def test_whatever_leaves_the_block_nothing_is_left_and_the_old_stays(
    tmp_path: Path, error: type[BaseException], overwrite: bool
) -> None:
    if overwrite:
        (tmp_path / "file").write_text("old")
        (tmp_path / "folder").mkdir()
        write(tmp_path / "folder" / "old.parquet", OURS)
    before = names_in(tmp_path)
    with pytest.raises(error):
        break_file(tmp_path / "file", error, overwrite=overwrite)
    with pytest.raises(error):
        break_folder(tmp_path / "folder", error, overwrite=overwrite)
    assert names_in(tmp_path) == before
    assert not overwrite or (tmp_path / "file").read_text() == "old"


def test_overwriting_replaces_a_file_and_a_whole_folder(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("old")
    (tmp_path / "folder").mkdir()
    write(tmp_path / "folder" / "old.parquet", OURS)
    with publish_file(tmp_path / "file", overwrite=True) as temporary:
        temporary.write_text("new")
    with publish_folder(tmp_path / "folder", overwrite=True) as temporary:
        (temporary / "new.parquet").write_text("new")
    assert (tmp_path / "file").read_text() == "new"
    assert names_in(tmp_path) == ["file", "folder", "folder/new.parquet"]


def test_a_name_taken_while_the_output_was_built_is_not_taken_away(tmp_path: Path) -> None:
    with pytest.raises(OutputError) as caught:
        race(tmp_path / "out")
    assert caught.value.code == "exists"
    assert (tmp_path / "out").read_text() == "theirs"
    assert names_in(tmp_path) == ["out"]


@pytest.mark.parametrize("publish", [publish_file, publish_folder])
@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("folder/taken", "exists"),
        ("missing/out", "no_folder"),
        ("file/out", "not_a_directory"),
        ("n" * 300, "bad_name"),
    ],
)
def test_a_place_that_cannot_be_had_is_an_error_before_any_work(
    tmp_path: Path, publish: Publish, name: str, code: str
) -> None:
    (tmp_path / "file").write_text("")
    (tmp_path / "folder").mkdir()
    taken = tmp_path / "folder" / "taken"
    taken.write_text("") if publish is publish_file else taken.mkdir()
    with pytest.raises(OutputError) as caught, publish(tmp_path / name):
        pytest.fail("the block was entered")
    assert caught.value.code == code
    assert caught.value.exit_code == 4


def test_a_folder_takes_no_files_place_and_a_file_no_folders(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    (tmp_path / "folder").mkdir()
    with pytest.raises(OutputError) as caught, publish_folder(tmp_path / "file", overwrite=True):
        pytest.fail("the block was entered")
    assert caught.value.code == "not_a_directory"
    with pytest.raises(OutputError) as caught, publish_file(tmp_path / "folder", overwrite=True):
        pytest.fail("the block was entered")
    assert caught.value.code == "is_a_directory"


def test_a_device_is_never_replaced(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(OutputError) as caught, publish_file(tmp_path / "pipe", overwrite=True):
        pytest.fail("the block was entered")
    assert caught.value.code == "not_a_file"


def test_a_folder_that_holds_a_table_of_somebody_else_is_never_replaced(tmp_path: Path) -> None:
    write(tmp_path / "home" / "train" / "precious.parquet", pa.table({"a": [1]}))
    with pytest.raises(OutputError, match=r"precious\.parquet"), publish_folder(tmp_path / "home", overwrite=True):
        pytest.fail("the block was entered")
    assert (tmp_path / "home" / "train" / "precious.parquet").exists()


def test_a_link_to_a_folder_is_never_replaced(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")
    with pytest.raises(OutputError) as caught, publish_folder(tmp_path / "link", overwrite=True):
        pytest.fail("the block was entered")
    assert caught.value.code == "is_a_link"
    assert names_in(tmp_path) == ["link", "real"]


def test_a_folder_with_anything_but_parquet_in_it_is_never_replaced(tmp_path: Path) -> None:
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "thesis.tex").write_text("years of work")
    with pytest.raises(OutputError, match=r"thesis\.tex") as caught, publish_folder(tmp_path / "home", overwrite=True):
        pytest.fail("the block was entered")
    assert caught.value.code == "foreign_files"


@pytest.mark.parametrize(
    ("number", "code"),
    [
        (errno.ENOSPC, "no_space"),
        (errno.EDQUOT, "no_space"),
        (errno.EFBIG, "no_space"),
        (errno.EACCES, "permission"),
        (errno.EROFS, "permission"),
        (errno.ENOTDIR, "not_a_directory"),
        (errno.EIO, "write_failed"),
    ],
)
def test_what_the_system_says_about_writing_has_a_code(number: int, code: str) -> None:
    with pytest.raises(OutputError) as caught, output_errors(Path("out")):
        raise OSError(number, os.strerror(number))
    assert caught.value.code == code


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
@pytest.mark.parametrize("publish", [publish_file, publish_folder])
def test_a_folder_that_may_not_be_written_to_is_an_error_before_any_work(tmp_path: Path, publish: Publish) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(OutputError) as caught, publish(tmp_path / "out"):
        pytest.fail("the block was entered")
    assert caught.value.code == "permission"


@pytest.fixture
def full_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 64 KiB."""
    place = tmp_path / "disk"
    place.mkdir()
    mount = shutil.which("mount")
    options = ["-t", "tmpfs", "-o", "size=64k", "tmpfs", str(place)]
    if mount is None or os.geteuid() != 0 or subprocess.run([mount, *options], check=False).returncode != 0:
        pytest.skip("no right to mount a small file system here")
    yield place
    subprocess.run([shutil.which("umount") or "umount", str(place)], check=True)


def test_a_full_disk_is_no_space_and_leaves_nothing(full_disk: Path) -> None:
    with pytest.raises(OutputError) as caught, publish_file(full_disk / "out") as temporary:
        temporary.write_bytes(b"x" * (1 << 20))
    assert caught.value.code == "no_space"
    assert names_in(full_disk) == []
