"""Rollout files to test with, and what their rows earn, worked out by hand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

RIGHT = "<think>t</think><answer>B</answer>"
WORDY = "<think>t</think><answer>B, a mass.</answer>"
COMPLETIONS = (RIGHT, WORDY, "<answer>B</answer>", "<think>t</think><answer>C</answer>", "no tags", None, RIGHT)
GOLDS = ("B", "B", "B", "B", "B", "B", None)
REWARDS = [2.0, 1.5, 1.0, 1.0, 0.0, None, None]
FORMATS = [1.0, 1.0, 0.0, 1.0, 0.0, None, 1.0]
ACCURACIES = [1.0, 0.5, 1.0, 0.0, 0.0, None, None]
MCQ_REWARDS = [2.0, 1.5, 0.0, 1.0, 0.0, None, None]
"""What preset mcq gives: an answer block alone earns nothing there."""
ANSWERS = ["B", "B", "B", "C", None, None, "B"]
FORMS = ["clean", "with_text", "clean", "clean", "missing", None, "clean"]
OPTIONS = ["Heart", "Lungs", "Liver", "Spleen"]
SCORES = ["reward", "reward_format", "reward_accuracy", "answer", "answer_form", "answer_reason", "flaws"]
INPUT = ["group_id", "step", "completion", "options", "gold"]


def table(times: int = 1) -> pa.Table:
    """The rows above, so many times over; ``step`` counts all rows."""
    n = len(COMPLETIONS) * times
    return pa.table(
        {
            "group_id": [f"g{i // 2}" for i in range(n)],
            "step": pa.array(range(n), pa.int32()),
            "completion": list(COMPLETIONS) * times,
            "options": [OPTIONS] * n,
            "gold": list(GOLDS) * times,
        }
    )


def write(path: Path, data: pa.Table | None = None, **options: Any) -> Path:
    """Write a table (or the rows above) as Parquet."""
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(table() if data is None else data, path, **options)
    return path


def read(path: Path) -> pa.Table:
    """A Parquet file in memory."""
    return pq.ParquetFile(path).read()


def metadata(path: Path) -> dict[str, str]:
    """A Parquet file's key-value metadata."""
    known: Mapping[bytes, bytes] = pq.read_metadata(path).metadata
    return {key.decode(): value.decode() for key, value in known.items() if key != b"ARROW:schema"}


def names_in(folder: Path) -> Sequence[str]:
    """Every file and folder under a folder, hidden ones too."""
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))
