"""Whether the scores in a file are what this install gives: scored again as the file says, and compared with ``==``."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
from pydantic import ValidationError

from medreward._version import __version__
from medreward.errors import InputError, MedrewardError, UsageError
from medreward.rewards import Document, load_document
from medreward.rewards.group_rule import group_rules
from medreward.rollouts.files.parquet import ParquetRollouts
from medreward.rollouts.score_files import score_files
from medreward.scoring import InputSettings

__all__ = ["Verification", "verify"]

_SHOWN = 5


@dataclass(frozen=True)
class Verification:
    """Whether the scores in a file can be had again.

    Args:
        file: the file.
        is_reproducible: whether every score came out equal.
        reasons: why not, a sentence each.
        notes: what else there is to know.
        rows: rows in the file.
        differing: rows that differ, by score column.
    """

    file: str
    is_reproducible: bool
    reasons: tuple[str, ...]
    notes: tuple[str, ...]
    rows: int
    differing: dict[str, int]

    def to_dict(self) -> dict[str, Any]:
        """The result as plain data."""
        return {
            "file": self.file,
            "reproducible": self.is_reproducible,
            "reasons": [*self.reasons],
            "notes": [*self.notes],
            "rows": self.rows,
            "differing": self.differing,
        }


def verify(path: str | Path) -> Verification:
    """Score a scored file again, as its metadata says, and compare.

    Args:
        path: one Parquet file that medreward wrote, with the input's columns (``--columns all``); of a scored folder,
            one of its files.

    Returns:
        Yes, or no with the reasons. Scores are compared exactly; a null equals a null.

    Raises:
        UsageError: ``one_file``: a folder.
        InputError: ``not_scored``: the file says nothing of scores; or it cannot be read.
    """
    path = Path(path)
    known, rows, names = _recorded(path)
    notes = _notes(known)
    reasons, document, settings = _understood(known, rows)
    columns = _columns(known)
    lost = [name for name in columns if name not in names]
    if settings is not None and settings.column("completion") not in names:
        reasons.append("the file holds scores without the completions (--columns scores): verify one that has both")
        settings = None
    if lost:
        reasons.append(f"score columns are missing: {', '.join(lost)}")
    if document is None or settings is None or lost:
        return Verification(str(path), not reasons, tuple(reasons), notes, rows, {})
    differing: dict[str, int] = {}
    try:
        found = _differences(path, columns, document, settings, known.get("medreward.prefix", ""))
        reasons += found[0]
        differing = found[1]
        if differing and group_rules(document.reward):
            reasons.append("the reward looks at whole groups: one that goes on in another file was scored over both")
    except MedrewardError as error:
        reasons.append(f"the file cannot be scored again: {error}")
    return Verification(str(path), not reasons, tuple(reasons), notes, rows, differing)


def _recorded(path: Path) -> tuple[dict[str, str], int, list[str]]:
    """What the file says of itself, how many rows it has, and its columns."""
    if path.is_dir():
        raise UsageError("one_file", "A folder is verified file by file", where=str(path), do="name one of its files")
    try:
        with ParquetRollouts(path) as scored:
            known = {key.decode(): value.decode("utf-8", "replace") for key, value in scored.metadata.items()}
            if "medreward.document" in known:
                return known, scored.rows, scored.schema.names
    except InputError as error:
        if error.code != "not_parquet":
            raise
    raise InputError(
        "not_scored",
        "The file does not say how its scores came about",
        where=str(path),
        expected="a Parquet file that medreward score wrote; JSON lines and CSV have no place to record it",
        do="score into Parquet: medreward score IN -o OUT.parquet",
    )


def _notes(known: dict[str, str]) -> tuple[str, ...]:
    version = known.get("medreward.version", "an unknown version")
    notes = [] if version == __version__ else [f"written by medreward {version}; this is {__version__}"]
    if "medreward.kept" in known:
        notes.append("scores of earlier runs in other columns are not looked at")
    return tuple(notes)


def _understood(known: dict[str, str], rows: int) -> tuple[list[str], Document | None, InputSettings | None]:
    """What the metadata says, and what is wrong with it."""
    reasons: list[str] = []
    document: Document | None = None
    settings: InputSettings | None = None
    try:
        document = load_document(known["medreward.document"]).asked_as(known.get("medreward.preset"))
        if document.digest != known.get("medreward.digest"):
            reasons.append(f"the document's digest is {document.digest}, the file says {known.get('medreward.digest')}")
    except MedrewardError as error:
        reasons.append(f"this install cannot read the reward document: {error}")
    try:
        settings = InputSettings.model_validate_json(known.get("medreward.input", "{}"))
        settings = settings.model_copy(update={"gold_from": None, "gold_on": None})  # joined golds stand in the file
    except ValidationError as error:
        reasons.append(f"this install cannot read the input settings: {error.errors()[0]['msg']}")
    if known.get("medreward.rows") != str(rows):
        reasons.append(f"the file has {rows:,} rows, and was written with {known.get('medreward.rows')}")
    return reasons, document, settings


def _columns(known: dict[str, str]) -> list[str]:
    try:
        found = json.loads(known.get("medreward.columns", "[]"))
    except ValueError:
        return []
    return [str(name) for name in found] if isinstance(found, list) else []


def _differences(
    path: Path, columns: list[str], document: Document, settings: InputSettings, prefix: str
) -> tuple[list[str], dict[str, int]]:
    """Score the file again beside the system's temporary files, and compare column by column."""
    reasons: list[str] = []
    counts: dict[str, int] = {}
    with tempfile.TemporaryDirectory(prefix="medreward-") as folder:
        again = Path(folder) / "again.parquet"
        score_files(path, again, reward=document, settings=settings, prefix=prefix, columns="scores")
        with ParquetRollouts(again) as now, ParquetRollouts(path) as then:
            fresh = [name for name in columns if name in now.schema.names]
            reasons += [f"this install does not give a column {name}" for name in columns if name not in fresh]
            for name in fresh:
                wrong, first = _compare(then, now, name)
                if wrong:
                    counts[name] = wrong
                    reasons.append(f"{name} differs in {wrong:,} rows: {'; '.join(first)}")
    return reasons, counts


def _compare(then: ParquetRollouts, now: ParquetRollouts, name: str) -> tuple[int, list[str]]:
    """How many rows differ in one column, and the first of them."""
    wrong, row = 0, 0
    first: list[str] = []
    for old, new in _aligned(then.batches([name]), now.batches([name])):
        if not old.equals(new):
            pairs = enumerate(zip(old.to_pylist(), new.to_pylist(), strict=True), row)
            found = [f"row {i} had {a!r}, now {b!r}" for i, (a, b) in pairs if a != b]
            wrong += len(found)
            first += found[: _SHOWN - len(first)]
        row += len(old)
    return wrong, first


def _aligned(*streams: Iterator[pa.RecordBatch]) -> Iterator[Sequence[pa.Array]]:
    """The one column of each stream, cut into pieces of equal length."""
    held: list[pa.Array] = [pa.nulls(0) for _ in streams]
    while True:
        for i, stream in enumerate(streams):
            if not len(held[i]):
                held[i] = next((batch.column(0) for batch in stream if batch.num_rows), held[i])
        size = min(map(len, held))
        if not size:
            return
        yield [array.slice(0, size) for array in held]
        held = [array.slice(size) for array in held]
