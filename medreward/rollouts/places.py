"""Where files are: on this machine, or behind a URI that ``pyarrow.fs`` knows: s3, gs, abfs, hdfs, more by fsspec."""

from __future__ import annotations

import errno
import os
import re
import shutil
import sys
import tempfile
import weakref
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

import pyarrow as pa

from medreward.errors import InputError, MedrewardError, OutputError, UsageError
from medreward.scoring.settings import without_credentials

__all__ = ["Place", "Remote", "Spool", "place_of", "reading_errors", "upload", "writing_errors"]

_URI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+://")
_COPIED = 1 << 20  # bytes copied at a time


@dataclass(frozen=True)
class Remote:
    """A file or folder behind a URI.

    Args:
        filesystem: the ``pyarrow.fs.FileSystem``.
        path: its path there.
        uri: as the user wrote it, without what may hold credentials.
    """

    filesystem: Any
    path: str
    uri: str

    def __str__(self) -> str:
        return self.uri

    @property
    def name(self) -> str:
        """The last part of the path."""
        return PurePosixPath(self.path).name

    @property
    def suffix(self) -> str:
        """The end of the name, such as ``.parquet``."""
        return PurePosixPath(self.path).suffix

    def open(self, mode: str = "rb") -> Any:  # noqa: ARG002 - the signature of Path.open
        """The file, to read from any place in it."""
        return self.filesystem.open_input_file(self.path)

    def below(self, path: str) -> Remote:
        """Another place of the same file system."""
        return Remote(self.filesystem, path, f"{self.uri[: self.uri.find('://')]}://{path}")

    def kind(self) -> str:
        """``file``, ``folder``, or ``nothing``.

        Raises:
            InputError: ``unreachable``, ``permission``.
        """
        from pyarrow.fs import FileType

        with reading_errors(self):
            found = self.filesystem.get_file_info(self.path).type
        return {FileType.File: "file", FileType.Directory: "folder"}.get(found, "nothing")

    def files(self) -> list[Remote]:
        """Every file under a folder, sorted by path; hidden ones are left out."""
        from pyarrow.fs import FileSelector, FileType

        with reading_errors(self):
            found = self.filesystem.get_file_info(FileSelector(self.path, recursive=True))
        paths = sorted(info.path for info in found if info.type == FileType.File)
        root = len(PurePosixPath(self.path).parts)
        return [
            self.below(path) for path in paths if not any(part[0] in "._" for part in PurePosixPath(path).parts[root:])
        ]


Place = Path | Remote


def place_of(text: str | os.PathLike[str]) -> Place:
    """The place that a path or URI names; ``file://`` is a path.

    Raises:
        UsageError: ``bad_uri``: no file system for it is known here.
    """
    if not isinstance(text, str) or not _URI.match(text):
        return Path(text)
    from pyarrow.fs import FileSystem, LocalFileSystem

    plain = without_credentials(text)
    try:
        filesystem, path = FileSystem.from_uri(text)
    except (pa.ArrowException, OSError, ValueError, ImportError) as error:
        raise UsageError(
            "bad_uri",
            "There is no file system for this URI",
            where=plain,
            got=str(error).replace(text, plain),
            expected="file://, s3://, gs://, abfs://, hdfs://, or what an installed fsspec package adds",
        ) from error
    return Path(path) if isinstance(filesystem, LocalFileSystem) else Remote(filesystem, path, plain)


@contextmanager
def reading_errors(remote: Remote) -> Iterator[None]:
    """Turn what an object store says about reading into an InputError.

    Raises:
        InputError: ``not_found``, ``permission``, ``unreachable``.
    """
    try:
        yield
    except FileNotFoundError as error:
        raise InputError("not_found", "There is no such file", where=str(remote), do="check the URI") from error
    except PermissionError as error:
        raise InputError("permission", "The input may not be read", where=str(remote), got=str(error)) from error
    except OSError as error:
        code = "permission" if "ACCESS_DENIED" in str(error) else "unreachable"
        raise InputError(
            code,
            "The file system did not give the file",
            where=str(remote),
            got=str(error),
            do="check network and keys",
        ) from error


class Spool:
    """A file on this machine with the bytes of a remote file, or of standard input, as long as this object lives.

    Args:
        place: what to copy; None is standard input.

    Attributes:
        path: the file.

    Raises:
        InputError: ``not_found``, ``permission``, ``unreachable``.
    """

    def __init__(self, place: Remote | None) -> None:
        number, name = tempfile.mkstemp(prefix="medreward-")
        self.path = Path(name)
        weakref.finalize(self, self.path.unlink, missing_ok=True)
        with os.fdopen(number, "wb") as held:
            if place is None:
                shutil.copyfileobj(sys.stdin.buffer, held, _COPIED)
                return
            with reading_errors(place), place.filesystem.open_input_stream(place.path) as source:
                shutil.copyfileobj(source, held, _COPIED)


def upload(file: Path, remote: Remote, *, overwrite: bool) -> None:
    """Put a whole file under its remote name: first under a temporary one, which is then moved.

    Raises:
        OutputError: ``exists``, ``permission``, ``unreachable``.
    """
    temporary = f"{PurePosixPath(remote.path).parent}/.medreward-{os.urandom(6).hex()}.tmp"
    with writing_errors(remote):
        if not overwrite and remote.kind() != "nothing":
            raise OutputError(
                "exists", "The output is there already", where=str(remote), do="choose another, or say --overwrite"
            )
        try:
            with file.open("rb") as source, remote.filesystem.open_output_stream(temporary) as target:
                shutil.copyfileobj(source, target, _COPIED)
            remote.filesystem.move(temporary, remote.path)
        except BaseException:
            _forget(remote.filesystem, temporary)
            raise


def _forget(filesystem: Any, path: str) -> None:
    with suppress(OSError):
        filesystem.delete_file(path)


@contextmanager
def writing_errors(remote: Remote) -> Iterator[None]:
    """Turn what an object store says about writing into an OutputError."""
    try:
        yield
    except OutputError:
        raise
    except MedrewardError as error:
        raise OutputError(error.code, error.what, where=error.where, got=error.got, do=error.do) from error
    except OSError as error:
        denied = error.errno in (errno.EACCES, errno.EPERM) or "ACCESS_DENIED" in str(error)
        raise OutputError(
            "permission" if denied else "unreachable",
            "The file system did not take the output",
            where=str(remote),
            got=str(error),
            do="check network, keys and the bucket",
        ) from error
