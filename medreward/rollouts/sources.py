"""Which files the inputs name, in which order, and what each is called in an output folder."""

from __future__ import annotations

import glob
import os
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePath, PurePosixPath
from typing import NoReturn

from medreward.errors import InputError, UsageError
from medreward.rollouts.files import SUFFIXES
from medreward.rollouts.places import Place, Spool, place_of

__all__ = ["Shard", "Sources", "find_sources"]


@dataclass(frozen=True)
class Shard:
    """One input file.

    Args:
        path: where it is.
        relative: what it is called inside an output folder.
        name: what messages call it.
        held: what must live as long as the file is read.
    """

    path: Place
    relative: Path
    name: str = ""
    held: object = None

    def __post_init__(self) -> None:
        if not self.name:
            object.__setattr__(self, "name", str(self.path))

    @property
    def output(self) -> Path:
        """What its scores are called inside an output folder: always Parquet."""
        return self.relative.with_suffix(".parquet")


@dataclass(frozen=True)
class Sources:
    """The input files, sorted within each input.

    Args:
        shards: the files; never empty.
        folder: whether the output is a folder: more than one input was named, or a folder or pattern.
        roots: the folders that were named as inputs.
    """

    shards: tuple[Shard, ...]
    folder: bool
    roots: tuple[Path, ...]


@dataclass(frozen=True)
class _Named:
    """What one input stands for: its files and the folder their names are relative to."""

    files: list[Path]
    base: Path
    folder: bool
    root: Path | None = None


def find_sources(inputs: Iterable[str | os.PathLike[str]]) -> Sources:
    """Expand files, folders (searched recursively, hidden ones left out) and glob patterns.

    The files of a folder are those with a known suffix, and must be of one kind.

    Names in an output folder are relative to the deepest folder that holds all inputs: for one folder, that folder.

    Args:
        inputs: paths or patterns; or one URI, or ``-`` for JSON lines on standard input. A path that exists is never
            taken as a pattern.

    Returns:
        The files in the order of the inputs, each input's files sorted by path.

    Raises:
        UsageError: ``no_input``, ``several_places``, ``bad_uri``.
        InputError: ``not_found``, ``no_shards``, ``mixed_shards``, ``duplicate_input``, ``same_output``,
            ``permission``.
    """
    items = [os.fspath(item) for item in inputs]
    if not all(items):  # an empty shell variable must not mean the folder one is in
        raise UsageError("no_input", "An input has no name", got="''", do="name a file, a folder or a pattern")
    if any(item == "-" or not isinstance(place_of(item), Path) for item in items):
        return _elsewhere(items)
    named = [_expand(str(place_of(item))) for item in items]
    if not named:
        raise UsageError("no_input", "No input was named", do="name a Parquet file, a folder or a pattern")
    base = Path(os.path.commonpath([_absolute(item.base) for item in named]))
    shards = [Shard(path, _absolute(path).relative_to(base)) for item in named for path in item.files]
    _check_distinct(shards)
    folder = len(named) > 1 or named[0].folder
    return Sources(tuple(shards), folder, tuple(item.root for item in named if item.root is not None))


def _elsewhere(items: list[str]) -> Sources:
    """Standard input, or remote files and folders; one of them, since they have no folder in common."""
    if len(items) > 1:
        raise UsageError(
            "several_places",
            "Standard input or a URI is the only input",
            got=", ".join(items[:5]),
            do="name one input, or a folder",
        )
    if items[0] == "-":
        spool = Spool(None)
        return Sources((Shard(spool.path, Path("stdin.jsonl"), "standard input", spool),), folder=False, roots=())
    place = place_of(items[0])
    if isinstance(place, Path):
        raise TypeError(f"{place} is on this machine")
    kind = place.kind()
    if kind == "nothing":
        raise InputError("not_found", "There is no such file or folder", where=str(place), do="check the URI")
    if kind == "file":
        return Sources((Shard(place, Path(place.name)),), folder=False, roots=())
    files = [file for file in place.files() if file.suffix.lower() in SUFFIXES]
    _check_kinds([PurePosixPath(file.path) for file in files], str(place))
    shards = tuple(Shard(file, Path(PurePosixPath(file.path).relative_to(place.path))) for file in files)
    return Sources(shards, folder=True, roots=())


def _expand(item: str) -> _Named:
    path = Path(item)
    try:
        if path.is_dir():
            return _Named(_walk(path), path, folder=True, root=path)
        if path.exists():
            return _Named([path], path.parent, folder=False)
    except PermissionError as error:
        raise _denied(path) from error
    if glob.has_magic(item):
        return _pattern(item)
    raise InputError("not_found", "There is no such file or folder", where=item, do="check the path")


def _walk(folder: Path) -> list[Path]:
    """Every file of rollouts under a folder, sorted."""
    found = _shards_under(folder)
    _check_kinds(found, str(folder))
    return found


def _check_kinds(found: Sequence[PurePath], folder: str) -> None:
    """There are files, and they are of one kind."""
    if not found:
        wanted = " or ".join(f"*{suffix}" for suffix in SUFFIXES)
        raise InputError(
            "no_shards", f"The folder holds no {wanted} file", where=folder, do="name another, or the files"
        )
    kinds = Counter(path.suffix.lower() for path in found)
    if len(kinds) > 1:
        raise InputError(
            "mixed_shards",
            "The folder holds files of several kinds, and it cannot be told which are meant",
            where=folder,
            got=", ".join(f"{count} *{suffix}" for suffix, count in kinds.items()),
            do=f"name them with a pattern, such as '{folder}/**/*{next(iter(kinds))}'",
        )


def _shards_under(folder: Path) -> list[Path]:
    found: list[Path] = []
    for place, folders, names in os.walk(folder, onerror=_raise_denied):
        folders[:] = [name for name in folders if not name.startswith(".")]  # somebody's unfinished work
        found += [Path(place) / name for name in names if Path(name).suffix.lower() in SUFFIXES and name[0] != "."]
    return sorted(found)


def _pattern(pattern: str) -> _Named:
    """The files a glob pattern matches; matched folders are searched."""
    files: dict[Path, Path] = {}
    for match in map(Path, glob.glob(pattern, recursive=True)):  # noqa: PTH207 - Path.glob takes no absolute pattern
        for path in _shards_under(match) if match.is_dir() else [match]:
            files.setdefault(_absolute(path), path)
    if not files:
        raise InputError("not_found", "The pattern matches no file", where=pattern, do="check the pattern")
    return _Named(sorted(files.values()), _fixed_part(pattern), folder=True)


def _absolute(path: Path) -> Path:
    """The path from the root, ``..`` worked out by name: links are not followed, so shards stay in their folder."""
    return Path(os.path.abspath(path))  # noqa: PTH100 - Path.resolve follows links


def _fixed_part(pattern: str) -> Path:
    """The folders of a pattern before its first wildcard."""
    parts = list(Path(pattern).parts[:-1])
    wild = next((i for i, part in enumerate(parts) if glob.has_magic(part)), len(parts))
    return Path(*parts[:wild])


def _check_distinct(shards: Sequence[Shard]) -> None:
    seen: dict[str, str] = {}
    for shard in shards:
        real = os.path.realpath(str(shard.path))
        if real in seen:
            raise InputError(
                "duplicate_input",
                "The same file is named twice, so its rows would count twice",
                where=str(shard.path),
                got=f"also named as {seen[real]}",
                do="name it once",
            )
        seen[real] = str(shard.path)
    outputs = Counter(shard.output for shard in shards)
    twice = [shard for shard in shards if outputs[shard.output] > 1]
    if twice:
        raise InputError(
            "same_output",
            "Two inputs differ only in their suffix, and their scores would have the same name",
            where=str(twice[0].path),
            got=f"also {twice[1].path}",
            do="score them one by one",
        )


def _denied(path: Path) -> InputError:
    return InputError("permission", "The input may not be read", where=str(path), do="ask for the right to read it")


def _raise_denied(error: OSError) -> NoReturn:
    raise _denied(Path(error.filename)) from error
