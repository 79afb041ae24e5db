"""``medreward demo``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from medreward_cli.demo_rollouts import WORDY_ROW, Rollout, rollouts
from medreward_cli.explain import show
from medreward_cli.terminal import visible

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["FOLDER", "command"]

FOLDER = Path("medreward-demo")
_MARK = b"medreward_demo"
"""The metadata key of files that this command wrote."""


@click.command("demo", epilog="Example: medreward demo")
def command() -> None:
    """Score a small example, and see what the scores mean.

    Writes rollouts.parquet and scored.parquet into ./medreward-demo/; nothing else there is touched.
    """
    from medreward.rollouts import explain_row, score_files

    source, scored = FOLDER / "rollouts.parquet", FOLDER / "scored.parquet"
    _make_room(source, scored)
    _write(source)
    result = score_files(source, scored, reward="medvlm-r1", overwrite=True)
    click.echo(f"wrote {source}: 16 questions, 4 completions each\nwrote {scored}: the same rows, scored\n")
    click.echo(f"reward       {result.document.name}")
    click.echo(visible(str(result.summary)))
    click.echo(f"\nRow {WORDY_ROW} has the right letter, and words after it:\n")
    show([explain_row(source, WORDY_ROW)])
    click.echo(f"\nNext, the same row under other rewards:\n  medreward explain {source} --row {WORDY_ROW}", nl=False)
    click.echo(" --reward medvlm-r1-code --reward mcq")
    click.echo("or your own rollouts:\n  medreward score YOURS.parquet -o scored.parquet")


def _make_room(*files: Path) -> None:
    """Make the folder; a file in it that this command did not write is an error.

    Raises:
        OutputError: ``exists``, ``not_a_directory``, ``permission``, ...
    """
    from medreward.errors import OutputError
    from medreward.rollouts.publish import output_errors

    if FOLDER.exists() and not FOLDER.is_dir():
        raise OutputError("not_a_directory", "The demo's folder is a file", where=str(FOLDER), do="move it")
    with output_errors(FOLDER):
        FOLDER.mkdir(exist_ok=True)
    for file in files:
        if (file.exists() or file.is_symlink()) and not _is_ours(file):
            raise OutputError(
                "exists", "The demo did not write this file, and will not replace it", where=str(file), do="move it"
            )


def _is_ours(file: Path) -> bool:
    from medreward.errors import InputError
    from medreward.rollouts.files.parquet import ParquetRollouts

    try:
        with ParquetRollouts(file) as found:
            return _MARK in found.metadata
    except InputError:
        return False


def _write(path: Path) -> None:
    from medreward.rollouts.publish import publish_file
    from medreward.rollouts.writer import RowGroupWriter

    batch = _as_batch(rollouts())
    with publish_file(path, overwrite=True) as temporary, RowGroupWriter(temporary, batch.schema) as writer:
        writer.write(batch)


def _as_batch(rows: list[Rollout]) -> pa.RecordBatch:
    """The rows as Arrow, without ``pa.array``: that would import pandas where it is installed."""
    import numpy as np
    import pyarrow as pa

    from medreward.text.unwrap import string_array

    def strings(texts: list[str]) -> pa.Array:
        return string_array(texts).cast(pa.string())

    step = np.array([row.step for row in rows], np.int64)
    offsets = np.cumsum([0, *(len(row.options) for row in rows)], dtype=np.int32)
    texts = strings([text for row in rows for text in row.options])
    kind = pa.list_(pa.string())
    columns = {
        "group_id": strings([row.group_id for row in rows]),
        "step": pa.Array.from_buffers(pa.int64(), len(rows), [None, pa.py_buffer(step)]),
        "prompt": strings([row.prompt for row in rows]),
        "completion": strings([row.completion for row in rows]),
        "options": pa.Array.from_buffers(kind, len(rows), [None, pa.py_buffer(offsets)], children=[texts]),
        "gold": strings([row.gold for row in rows]),
    }
    schema = pa.schema([pa.field(name, column.type) for name, column in columns.items()], {_MARK: b"1"})
    return pa.RecordBatch.from_arrays(list(columns.values()), schema=schema)
