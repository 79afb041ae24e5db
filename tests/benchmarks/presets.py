"""``python -m tests.benchmarks.presets``: every preset beside a plain loop of its original's shape.

Rows a second of CPU time, both sides in one run, interleaved, the median over rounds. The loop has its strings ready in
Python; the scorer begins with an Arrow batch and also reports answers, forms and flaws, which no original does. Presets
that call another library are listed apart: there both sides wait for the library. Exit 1 if a preset is slower than its
loop.
"""

from __future__ import annotations

import argparse
import platform
import statistics
import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import pyarrow as pa

from medreward import PRESETS, Scorer
from tests.benchmarks.__main__ import ANSWER, plain_loop
from tests.benchmarks.rollouts import OPTIONS, make
from tests.oracle import published

Loop = Callable[[list[str], list[str]], Any]
ORIGINALS: dict[str, Loop] = {
    "medvlm-r1": plain_loop,
    "mcq": plain_loop,
    "medvlm-r1-code": plain_loop,
    "medvlm-r1-eval": lambda texts, golds: [
        float((found := ANSWER.search(text)) is not None and found[1].strip() == gold)
        for text, gold in zip(texts, golds, strict=True)
    ],
    "dapo-soft-overlong": lambda texts, _: [min(0.0, max(-1.0, (16384 - len(text)) / 4096)) for text in texts],
}
"""Loops that are not an oracle's: the papers' own rewards, and one that looks at numbers alone."""
GOLDS = {"med-r1-cxr": "Mass|Nodule", "medreasoning-easyr1-think": "B: Labral pathology"}
GOLDS["medreasoning-easyr1-direct"] = GOLDS["medreasoning-easyr1-think"]


def original(name: str) -> Loop:
    """The loop of a preset: one string at a time, the components added."""
    if name in ORIGINALS:
        return ORIGINALS[name]
    oracle = published.ORACLES[name][0]
    total = published.composite_total if name == "composite-medqa" else sum

    def loop(texts: list[str], golds: list[str]) -> list[float]:
        return [total(oracle(text, gold)) for text, gold in zip(texts, golds, strict=True)]

    return loop


def table_for(name: str, rollouts: pa.Table) -> pa.RecordBatch:
    """The rollouts with golds as the preset's data has them, and the columns it reads."""
    count = rollouts.num_rows
    if name in GOLDS:
        rollouts = rollouts.set_column(1, "gold", pa.array([GOLDS[name]] * count))
    for column in PRESETS[name].columns:
        rollouts = rollouts.append_column(column, pa.array(np.arange(count) % 24_000))
    return rollouts.combine_chunks().to_batches()[0]


def seconds(run: Callable[[], object]) -> float:
    """CPU seconds of one run."""
    start = time.process_time()
    run()
    return time.process_time() - start


def measure(name: str, rollouts: pa.Table, rounds: int) -> tuple[float, float]:
    """Rows a second of the scorer and of the loop."""
    published.TEXTS.update(zip("ABCD", OPTIONS, strict=True))
    batch, scorer, loop = table_for(name, rollouts), Scorer(name), original(name)
    texts, golds = batch.column("completion").to_pylist(), batch.column("gold").to_pylist()
    pairs = [
        (seconds(lambda: scorer.score_batch(batch)), seconds(lambda: loop(texts, golds))) for _ in range(rounds + 1)
    ]
    ours, theirs = (statistics.median(side) for side in zip(*pairs[1:], strict=True))
    return len(texts) / ours, len(texts) / theirs


def main() -> int:
    """Print both tables."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.presets", description=__doc__)
    parser.add_argument("--rows", type=int, default=16_384)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--size", type=int, default=1000, help="mean length of the reasoning, in characters")
    given = parser.parse_args()
    pa.set_cpu_count(1)
    rollouts = make(given.rows, given.size, 0.2)
    calling = {name for name, preset in PRESETS.items() if preset.document.libraries()}
    print(
        f"{given.rows:,} rows of {given.size:,} characters, Python {platform.python_version()}, rows a second of CPU time"
    )
    slower = []
    for title, names in (
        ("presets", [name for name in PRESETS if name not in calling]),
        ("presets that call another library (the loop does not call it: golds are letters)", sorted(calling)),
    ):
        print(f"\n| {title} | scorer | plain loop | scorer / loop |\n|---|---|---|---|")
        for name in names:
            if None in PRESETS[name].document.libraries().values() or (
                name not in ORIGINALS and name not in published.ORACLES
            ):
                continue
            ours, theirs = measure(name, rollouts, given.rounds)
            print(f"| `{name}` | {ours:,.0f} | {theirs:,.0f} | {ours / theirs:.1f} |", flush=True)
            slower += [name] if ours < theirs and name not in calling else []
    if slower:
        print(f"slower than their loops: {', '.join(slower)}", file=sys.stderr)
    return 1 if slower else 0


if __name__ == "__main__":
    sys.exit(main())
