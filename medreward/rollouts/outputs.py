"""Where scores are written: a file or folder here, behind a URI, or standard output; whole, or not at all."""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from os import PathLike, fspath
from pathlib import Path

from medreward.errors import OutputError, UsageError
from medreward.rollouts.places import Place, Remote, place_of, upload, writing_errors
from medreward.rollouts.publish import check_place, output_errors, publish_file, publish_folder
from medreward.rollouts.sources import Sources

__all__ = ["Output", "output_of"]

_WRITTEN = ("", ".parquet", ".jsonl", ".ndjson")
_SUCCESS = "_SUCCESS"
"""The file that a remote folder holds once it is whole."""


@dataclass(frozen=True)
class Output:
    """Where scores go.

    Args:
        place: the file or folder; None is standard output.
        folder: whether it is a folder.
        overwrite: whether what is there may be replaced.
    """

    place: Place | None
    folder: bool
    overwrite: bool

    @property
    def name(self) -> str:
        """What says in which form scores are written."""
        return "-" if self.place is None else self.place.name

    def places(self, sources: Sources) -> tuple[Place, ...]:
        """The files that will be there, in the order of the inputs."""
        if self.place is None:
            return ()
        if not self.folder:
            return (self.place,)
        if isinstance(self.place, Remote):
            folder = self.place.path.rstrip("/")
            return tuple(self.place.below(f"{folder}/{shard.output.as_posix()}") for shard in sources.shards)
        return tuple(self.place / shard.output for shard in sources.shards)

    @contextmanager
    def opened(self) -> Iterator[Path]:
        """A file or folder to fill, which becomes the output when the block ends well."""
        if isinstance(self.place, Path):
            publish = publish_folder if self.folder else publish_file
            with publish(self.place, overwrite=self.overwrite) as temporary:
                yield temporary
            return
        with tempfile.TemporaryDirectory(prefix="medreward-") as held:
            temporary = Path(held) / "output"
            if self.folder:
                temporary.mkdir()
            yield temporary
            if self.place is None:
                _print(temporary)
            elif self.folder:
                _upload_folder(temporary, self.place)
            else:
                upload(temporary, self.place, overwrite=self.overwrite)


def output_of(output: str | PathLike[str], sources: Sources, *, overwrite: bool) -> Output:
    """The output that a path, a URI or ``-`` names, found to be free before any work is done.

    Raises:
        UsageError: ``output_kind``, ``bad_uri``.
        OutputError: ``output_in_input``, ``exists``, and whatever :func:`check_place` raises.
    """
    text = fspath(output)
    if text == "-":
        return Output(None, folder=False, overwrite=overwrite)
    place = place_of(text)
    if not sources.folder and place.suffix.lower() not in _WRITTEN:
        raise UsageError(
            "output_kind",
            "Scores are written as Parquet or as JSON lines",
            got=str(place),
            expected="a name that ends in .parquet, .jsonl or .ndjson, or has no ending",
        )
    found = Output(place, sources.folder, overwrite)
    if isinstance(place, Path):
        _check_apart(place, sources)
        check_place(place, folder=sources.folder, overwrite=overwrite)
    else:
        _check_remote(place, sources, found)
    return found


def _check_apart(target: Path, sources: Sources) -> None:
    """The output must not be an input, lie in an input folder (where it would be read next time), or hold an input."""
    with output_errors(target):
        place, real = Path(target.parent.resolve(), target.name), target.resolve()
    roots = [root.resolve() for root in sources.roots]
    files = [shard.path.resolve() for shard in sources.shards if isinstance(shard.path, Path)]
    inside = any(path.is_relative_to(root) for root in roots for path in (place, real))
    if inside or any(file == real or file.is_relative_to(real) for file in files):
        raise _in_input(target)


def _in_input(target: Place) -> OutputError:
    return OutputError(
        "output_in_input",
        "The output is an input, or lies inside one, or holds one",
        where=str(target),
        do="choose a place beside the input",
    )


def _check_remote(target: Remote, sources: Sources, output: Output) -> None:
    """A remote name must be free; a remote file may be replaced, a folder cannot be at once."""
    ours = target.path.rstrip("/")
    for shard in sources.shards:
        theirs = shard.path.path if isinstance(shard.path, Remote) else ""
        if theirs and (theirs == ours or theirs.startswith(f"{ours}/") or _folder_of(shard.relative, theirs, ours)):
            raise _in_input(target)
    with writing_errors(target):
        kind = target.kind()
    if kind == "nothing" or (kind == "file" and not output.folder and output.overwrite):
        return
    raise OutputError(
        "exists",
        "The output is there already",
        where=str(target),
        do="choose another name, or say --overwrite"
        if kind == "file" and not output.folder
        else "choose another name, or remove it first: a remote folder is not replaced",
    )


def _folder_of(relative: Path, theirs: str, ours: str) -> bool:
    """Whether the output lies in the folder that was named as the input."""
    root = theirs.removesuffix(relative.as_posix())
    return root != theirs and ours.startswith(root) and len(relative.parts) > 0 and root.count("/") > 1


def _print(file: Path) -> None:
    """Hand a whole file to standard output."""
    sys.stdout.flush()
    with file.open("rb") as source:
        shutil.copyfileobj(source, sys.stdout.buffer)
    sys.stdout.buffer.flush()


def _upload_folder(folder: Path, target: Remote) -> None:
    """Every file under its name, one after another, and ``_SUCCESS`` when all are there."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    success = folder / _SUCCESS
    success.write_text("".join(f"{path.relative_to(folder).as_posix()}\n" for path in files))
    for path in [*files, success]:
        remote = target.below(f"{target.path.rstrip('/')}/{path.relative_to(folder).as_posix()}")
        upload(path, remote, overwrite=False)
