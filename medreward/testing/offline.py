"""The other ways of scoring the same rows: through a file, and one completion at a time."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from medreward.rollouts import score_files
from medreward.scoring import score_one
from medreward.scoring.callables import Outcome, attempt
from medreward.testing.rollout import Rollout
from medreward.testing.subject import SpecSubject

__all__ = ["offline_outcomes"]

_SINGLE = 20


def offline_outcomes(subject: SpecSubject, rollouts: Sequence[Rollout]) -> Iterator[tuple[str, list[Outcome]]]:
    """How the rows were scored, and what they earned; the last way scores the first rows only."""
    yield "through a file", attempt(partial(_through_file, subject), rollouts)
    if not subject.scorer.columns:
        yield "one by one", attempt(partial(_one_by_one, subject), rollouts[:_SINGLE])


def _through_file(subject: SpecSubject, rollouts: Sequence[Rollout]) -> list[Outcome]:
    with tempfile.TemporaryDirectory() as folder:
        path, out = Path(folder) / "in.parquet", Path(folder) / "out.parquet"
        table = pa.table(subject.table(rollouts))
        whole = table.set_column(
            table.schema.get_field_index("completion"), "completion", pa.array(_texts(rollouts), pa.large_string())
        )
        pq.write_table(whole, path, row_group_size=max(1, len(rollouts) // 3))
        score_files([str(path)], out, reward=subject.document)
        found: list[Outcome] = pq.read_table(out)["reward"].to_pylist()
        return found


def _one_by_one(subject: SpecSubject, rollouts: Sequence[Rollout]) -> list[Outcome]:
    return [_single(subject, row) for row in rollouts]


def _texts(rollouts: Sequence[Rollout]) -> list[str]:
    return [row.completion.encode("utf-8", "replace").decode() for row in rollouts]


def _single(subject: SpecSubject, row: Rollout) -> Outcome:
    options = dict(zip(row.options.labels, row.options.texts, strict=True))
    return score_one(row.completion, subject.cell(row), options, reward=subject.document)
