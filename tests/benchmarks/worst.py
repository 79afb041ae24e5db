"""The worst inputs at full size: what a byte of them costs beside a byte of ordinary text, and how the cost grows."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable

import pyarrow as pa

from medreward import Scorer
from tests.benchmarks.rollouts import make

__all__ = ["WORST", "worst_table"]

ANSWER = "<answer>B</answer>"
Batch = Callable[[int], pa.RecordBatch]


def one_row(text: Callable[[int], str]) -> Batch:
    """A batch of one completion, which is as long as it is said."""
    return lambda n: pa.RecordBatch.from_pydict({"completion": [text(n)], "gold": ["B"]})


def empty_rows(n: int) -> pa.RecordBatch:
    """Completions of no character."""
    return pa.RecordBatch.from_pydict({"completion": [""] * n, "gold": ["B"] * n})


WORST: dict[str, tuple[int, Batch]] = {
    "`<think>` × 1 M": (1_000_000, one_row(lambda n: "<think>" * n)),
    "`<answer>` × 1 M": (1_000_000, one_row(lambda n: "<answer>" * n)),
    "`<` × 10 M": (10_000_000, one_row(lambda n: "<" * n)),
    "complete blocks × 1 M, then `x`": (1_000_000, one_row(lambda n: "<think>t</think><answer>B</answer>" * n + "x")),
    "one completion of 100 MB": (
        100_000_000,
        one_row(lambda n: f"<think>{'a word ' * (n // 7)}</think><answer>B</answer>"),
    ),
    "no-break spaces × 10 M": (10_000_000, one_row(lambda n: "\xa0" * n)),
    "ideographic spaces × 10 M": (10_000_000, one_row(lambda n: "\u3000" * n)),
    "empty rows × 1 M": (1_000_000, empty_rows),
}
"""The full size of each, and the batch of a size."""


def worst_table(rounds: int = 3) -> list[str]:
    """Seconds at full size, growth from a tenth, and the cost of a byte; of empty rows that of a row."""
    scorer = Scorer("medvlm-r1")
    ordinary = make(8192, 1000, 0.2).drop_columns(["options"]).combine_chunks().to_batches()[0]
    taken = _seconds(scorer, ordinary, rounds)
    a_byte, a_row = taken / _bytes(ordinary), taken / len(ordinary)
    lines = [
        "| at full size | CPU s | a tenth of it × | a byte, ordinary text = 1 |",
        "|---|---|---|---|",
    ]
    for name, (size, batch_of) in WORST.items():
        small = _seconds(scorer, batch_of(size // 10), rounds)
        batch = batch_of(size)
        large = _seconds(scorer, batch, rounds)
        worth = f"{large / _bytes(batch) / a_byte:.1f}" if _bytes(batch) else f"{large / size / a_row:.2f} a row"
        lines.append(f"| {name} | {large:.2f} | {large / small:.1f} | {worth} |")
    return lines


def _bytes(batch: pa.RecordBatch) -> int:
    texts = batch.column("completion")
    return int(texts.buffers()[2].size) if texts.buffers()[2] is not None else 0


def _seconds(scorer: Scorer, batch: pa.RecordBatch, rounds: int) -> float:
    """CPU seconds of scoring as a table is scored, in parts, all score columns: the median."""
    found = []
    for _ in range(rounds):
        start = time.process_time()
        _ = scorer.score(batch).table
        found.append(time.process_time() - start)
    return statistics.median(found)
