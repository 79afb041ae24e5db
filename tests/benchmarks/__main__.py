"""``python -m tests.benchmarks``: the scorer against reading the column and against the loop a trainer runs.

Every number is a ratio of CPU times taken in one run, interleaved batch by batch, and the median over rounds.
"""

from __future__ import annotations

import argparse
import platform
import re
import statistics
import sys
import tempfile
import time
from collections import defaultdict
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from medreward import Scorer
from tests.benchmarks.rollouts import write

WHOLE = re.compile(r"<think>.*?</think>\s*<answer>.*?</answer>", re.DOTALL)
ANSWER = re.compile(r"<answer>(.*?)</answer>", re.DOTALL)
DATA = {"1 kB": (1000, 0.2), "4 kB": (4000, 0.2), "1 kB, 90 % malformed": (1000, 0.9)}
TOO_SLOW = 12.0  # times the read: far beyond the ordinary, so that only an absurd regression fails


def plain_loop(completions: list[str], golds: list[str]) -> list[float]:
    """Format and accuracy as a trainer computes them: one string at a time."""
    rewards = []
    for completion, gold in zip(completions, golds, strict=True):
        found = ANSWER.search(completion)
        answer = found.group(1).strip() if found else ""
        accuracy = 1.0 if answer == gold else 0.5 if answer[:1] == gold else 0.0
        rewards.append(float(WHOLE.fullmatch(completion) is not None) + accuracy)
    return rewards


def measure(path: Path, rounds: int, *, options: bool) -> dict[str, float]:
    """Median CPU seconds for reading, scoring and the plain loop over one file."""
    scorer, taken = Scorer("medvlm-r1"), defaultdict(list)
    columns = ["completion", "gold", "options"] if options else ["completion", "gold"]
    for _ in range(rounds + 1):  # the first round warms up
        spent: dict[str, float] = defaultdict(float)
        batches = pq.ParquetFile(path).iter_batches(batch_size=8192, columns=columns, use_threads=False)
        while True:
            start = time.process_time()
            batch = next(batches, None)
            spent["read"] += time.process_time() - start
            if batch is None:
                break
            start = time.process_time()
            scorer.score_batch(batch)
            spent["score"] += time.process_time() - start
            start = time.process_time()
            plain_loop(batch.column("completion").to_pylist(), batch.column("gold").to_pylist())
            spent["loop"] += time.process_time() - start
        for name, seconds in spent.items():
            taken[name].append(seconds)
    ratios = {
        name: [a / b for a, b in zip(taken[name][1:], taken["read"][1:], strict=True)] for name in ("score", "loop")
    }
    return {name: statistics.median(values) for name, values in ratios.items()}


def main() -> int:
    """Print the table; with ``--short``, fail where scoring is absurdly slow."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument("--short", action="store_true", help="less data, and exit 1 on an absurd regression")
    short = parser.parse_args().short
    pa.set_cpu_count(1)
    rows, rounds = (8192, 2) if short else (49152, 5)
    print(f"medvlm-r1, {rows:,} rows, Python {platform.python_version()}, pyarrow {pa.__version__}; read = 1\n")
    print("| completions | options column | scorer / read | plain `re` loop / read | loop / scorer |")
    print("|---|---|---|---|---|")
    worst = 0.0
    with tempfile.TemporaryDirectory() as folder:
        for name, (size, bad) in DATA.items():
            path = write(Path(folder) / "rollouts.parquet", rows, size, bad)
            for options in (False, True):
                found = measure(path, rounds, options=options)
                worst = max(worst, found["score"])
                row = f"{found['score']:.2f} | {found['loop']:.2f} | {found['loop'] / found['score']:.1f}"
                print(f"| {name} | {'yes' if options else 'no'} | {row} |")
    if short and worst > TOO_SLOW:
        print(f"scoring took {worst:.1f} times the read; at most {TOO_SLOW} is let through", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
