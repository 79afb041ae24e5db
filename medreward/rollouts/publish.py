"""Atomic publishing: a file or folder is built beside its name and takes the name only when it is whole.

Whatever goes wrong before that, an interrupt included, the unfinished thing is removed and the name is left as it was.
"""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from medreward.errors import OutputError
from medreward.scoring.provenance import OURS

__all__ = ["check_place", "output_errors", "publish_file", "publish_folder"]

_WRITING = {
    errno.ENOSPC: ("no_space", "There is no space left for the output", "free some, or choose another place"),
    errno.EDQUOT: ("no_space", "The disk quota is used up", "free some, or choose another place"),
    errno.EFBIG: ("no_space", "The output is larger than a file may be here", "raise the file size limit"),
    errno.EACCES: ("permission", "The output may not be written here", "choose a folder that you may write to"),
    errno.EPERM: ("permission", "The output may not be written here", "choose a folder that you may write to"),
    errno.EROFS: ("permission", "The output is on a read-only file system", "choose a folder that you may write to"),
    errno.ENOTDIR: ("not_a_directory", "A part of the output's path is a file, not a folder", "choose another path"),
    errno.ENOENT: ("no_folder", "The folder of the output does not exist", "create it first"),
    errno.ENAMETOOLONG: ("bad_name", "The output's name is too long for this file system", "choose a shorter name"),
}


@contextmanager
def output_errors(path: Path) -> Iterator[None]:
    """Turn what the operating system says about writing ``path`` into an OutputError.

    Raises:
        OutputError: ``no_space``, ``permission``, ``not_a_directory``, ``no_folder``, ``bad_name``, ``write_failed``.
    """
    try:
        yield
    except OSError as error:
        failed = ("write_failed", "The output could not be written", None)
        code, what, do = _WRITING.get(error.errno or 0, failed)
        raise OutputError(code, what, where=str(path), got=str(error), do=do) from error


def check_place(path: Path, *, folder: bool, overwrite: bool) -> None:
    """Make sure that ``path`` is free, or may be replaced, before any work is done.

    Raises:
        OutputError: ``exists``, ``is_a_directory``, ``not_a_directory``, ``not_a_file``, ``foreign_files``,
            ``is_a_link``, ``no_folder``, ``permission``.
    """
    with output_errors(path):
        try:
            path.lstat()
            free = False
        except FileNotFoundError:
            path.parent.stat()
            free = True
        if not os.access(path.parent, os.W_OK | os.X_OK):
            raise PermissionError(errno.EACCES, "Permission denied", str(path.parent))
    if free:
        return
    _check_kind(path, folder=folder)
    if not overwrite:
        raise _exists(path)
    if folder:
        _check_only_scores(path)


def _check_kind(path: Path, *, folder: bool) -> None:
    """A file takes the place of a file only, a folder that of a folder."""
    if folder and not path.is_dir():
        raise OutputError(
            "not_a_directory",
            "Several inputs or a folder give a folder, and the output is no folder",
            where=str(path),
            do="name a folder that does not exist yet",
        )
    if not folder and path.is_dir():
        raise OutputError(
            "is_a_directory",
            "One input file gives one output file, and the output is a folder",
            where=str(path),
            do="name a file inside it",
        )
    if not folder and path.exists() and not path.is_file():
        raise OutputError(
            "not_a_file", "The output is a device or a pipe, and cannot be replaced", where=str(path), do="name a file"
        )


def _exists(path: Path) -> OutputError:
    return OutputError(
        "exists", "The output is there already", where=str(path), do="choose another name, or say --overwrite"
    )


def _check_only_scores(folder: Path) -> None:
    """A folder is replaced whole, so it must hold nothing but files of scores that medreward wrote."""
    if folder.is_symlink():
        raise OutputError(
            "is_a_link",
            "The folder to overwrite is a link to another, which is not replaced",
            where=str(folder),
            do="name the folder itself",
        )
    for place, _, files in os.walk(folder):
        for path in (Path(place) / name for name in files):
            if not _is_ours(path):
                raise OutputError(
                    "foreign_files",
                    "The folder to overwrite holds something other than scores, which would be lost",
                    where=str(folder),
                    got=str(path),
                    do="choose another folder, or empty this one yourself",
                )


def _is_ours(path: Path) -> bool:
    """Whether medreward wrote a file: a Parquet file that says so."""
    if path.is_symlink() or path.suffix != ".parquet":
        return False
    try:
        with pa.OSFile(os.fsencode(path)) as file:
            metadata: dict[bytes, bytes] = pq.read_metadata(file).metadata or {}
    except (pa.ArrowException, OSError):
        return False
    return any(key.startswith(OURS) for key in metadata)


def _temporary(path: Path) -> Path:
    """A hidden name beside ``path``, on the same file system."""
    return path.parent / f".medreward-{os.urandom(6).hex()}.tmp"


@contextmanager
def publish_file(path: Path, *, overwrite: bool = False) -> Iterator[Path]:
    """A place to write a file that becomes ``path`` when the block ends well.

    Args:
        path: the final name.
        overwrite: whether a file of that name may be replaced.

    Yields:
        The temporary name to write to. The caller closes what it opens.

    Raises:
        OutputError: ``exists``, or any code of :func:`output_errors`.
    """
    check_place(path, folder=False, overwrite=overwrite)
    temporary = _temporary(path)
    try:
        with output_errors(path):
            yield temporary
            _sync(temporary)
            if overwrite:
                temporary.replace(path)
            else:
                _claim(temporary, path)
            _sync(path.parent)
    finally:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)


def _claim(temporary: Path, path: Path) -> None:
    """Give a file its name unless somebody else took the name in the meantime."""
    try:
        os.link(temporary, path)
    except FileExistsError:
        raise _exists(path) from None
    except OSError:  # a file system without hard links
        if os.path.lexists(path):
            raise _exists(path) from None
        temporary.rename(path)


@contextmanager
def publish_folder(path: Path, *, overwrite: bool = False) -> Iterator[Path]:
    """A folder to fill that becomes ``path`` when the block ends well. Otherwise as :func:`publish_file`."""
    check_place(path, folder=True, overwrite=overwrite)
    temporary, old = _temporary(path), _temporary(path)
    try:
        with output_errors(path):
            temporary.mkdir()
            yield temporary
            _sync_tree(temporary)
            if overwrite and path.exists():
                path.rename(old)
            elif os.path.lexists(path):
                raise _exists(path)
            temporary.rename(path)
            _sync(path.parent)
    finally:
        if old.exists() and not path.exists():
            old.rename(path)
        shutil.rmtree(temporary, ignore_errors=True)
        shutil.rmtree(old, ignore_errors=True)


def _sync_tree(folder: Path) -> None:
    for place, _, files in os.walk(folder):
        for name in files:
            _sync(Path(place) / name)
        _sync(Path(place))


def _sync(path: Path) -> None:
    """Have the file or folder on the disk before it is relied on."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
