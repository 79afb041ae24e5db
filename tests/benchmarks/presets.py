"""``python -m tests.benchmarks.presets``: every preset beside a plain loop of its original's shape.

Rows a second of CPU time, all in one run, interleaved, the median over rounds. The loop has its strings ready in
Python; the reward begins with an Arrow batch. ``scorer`` is the reward and, beside it, the answers, forms and flaws
that score columns hold, which no original reports. Presets that call another library are listed apart, with golds that
are letters; their loops are timed over fewer rows. Exit 1 if a reward is slower than its loop.
"""

from __future__ import annotations

import argparse
import platform
import re
import statistics
import sys
import time
from collections.abc import Callable

import numpy as np
import pyarrow as pa

from medreward import PRESETS, Scorer
from medreward.rewards import evaluate
from medreward.rewards.group_rule import group_rules
from medreward.scoring.rows import read_rows
from medreward.text import Reading
from tests.benchmarks.originals import GROUP, original
from tests.benchmarks.rollouts import OPTIONS, make
from tests.oracle import published

GOLDS = {"med-r1-cxr": "Mass|Nodule", "medreasoning-easyr1-think": "B: Labral pathology"}
GOLDS["medreasoning-easyr1-direct"] = GOLDS["medreasoning-easyr1-think"]
ON_LINES = ("open-r1-format", "open-r1-tag-count")
LIBRARY_ROWS = 128
"""Rows over which a loop is timed that calls another library, thousands of times slower than the rest."""
ANSWER_ALONE = ("medreasoning-easyr1-direct", "med-r1-nothink")


def reshaped(name: str, text: str) -> str:
    """A completion in the form that the preset's prompt asks for."""
    if name in ON_LINES:
        return re.sub(r"\n?(</?(?:think|answer)>)\n?", r"\n\1\n", text).replace("\n\n", "\n").strip()
    if name in ANSWER_ALONE:
        text = text[max(0, text.rfind("<answer>")) :]
    if name == "medreasoning-easyr1-direct":
        text = re.sub(r"^([A-D])\)? ?", r"\1: ", re.sub(r"</?answer>", "", text))
    return text


def table_for(name: str, rollouts: pa.Table) -> pa.RecordBatch:
    """The rollouts as the preset's prompt asks for them, golds as its data has them, the columns it reads."""
    count = rollouts.num_rows
    texts = [reshaped(name, text) for text in rollouts.column("completion").to_pylist()]
    rollouts = rollouts.set_column(0, "completion", pa.array(texts))
    if name in GOLDS:
        rollouts = rollouts.set_column(1, "gold", pa.array([GOLDS[name]] * count))
    if group_rules(PRESETS[name].reward):
        rollouts = rollouts.append_column("group_id", pa.array(np.arange(count) // GROUP))
    for column in PRESETS[name].columns:
        rollouts = rollouts.append_column(column, pa.array(np.arange(count) % 24_000))
    return rollouts.combine_chunks().to_batches()[0]


def seconds(run: Callable[[], object]) -> float:
    """CPU seconds of one run."""
    start = time.process_time()
    run()
    return time.process_time() - start


def reward_alone(scorer: Scorer, batch: pa.RecordBatch) -> object:
    """The totals, as an original gives them; of a reward that compares groups the whole scores."""
    if scorer.group_rules:
        return scorer.score(batch)
    reading = Reading(read_rows(batch, scorer.settings, 0, scorer.columns), scorer.document.tags)
    return evaluate(scorer.document.reward, reading, scorer._gold(batch, reading))


def measure(name: str, rollouts: pa.Table, rounds: int) -> tuple[float, float, float]:
    """Rows a second of the reward, of the scorer and of the loop."""
    published.TEXTS.update(zip("ABCD", OPTIONS, strict=True))
    batch, scorer, loop = table_for(name, rollouts), Scorer(name), original(name)
    count = len(batch) if not PRESETS[name].document.libraries() else min(len(batch), LIBRARY_ROWS)
    texts, golds = (batch.column(column).to_pylist()[:count] for column in ("completion", "gold"))
    score = scorer.score if scorer.group_rules else scorer.score_batch
    runs = (lambda: reward_alone(scorer, batch), lambda: score(batch), lambda: loop(texts, golds))
    taken = [[seconds(run) for run in runs] for _ in range(rounds + 1)]
    alone, scored, looped = (statistics.median(side) for side in zip(*taken[1:], strict=True))
    return len(batch) / alone, len(batch) / scored, count / looped


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
    print(f"{given.rows:,} rows of {given.size:,} characters, Python {platform.python_version()}, rows a CPU second")
    slower = []
    for title, names in (
        ("preset", [name for name in PRESETS if name not in calling]),
        ("calls another library (golds are letters)", sorted(calling)),
    ):
        print(f"\n| {title} | reward | plain loop | reward / loop | scorer |\n|---|---|---|---|---|")
        for name in names:
            if None in PRESETS[name].document.libraries().values():
                print(f"| `{name}` | its library is not installed | | | |")
                continue
            alone, scored, looped = measure(name, rollouts, given.rounds)
            print(f"| `{name}` | {alone:,.0f} | {looped:,.0f} | {alone / looped:.1f} | {scored:,.0f} |", flush=True)
            slower += [name] if alone < looped and name not in calling else []
    if slower:
        print(f"slower than their loops: {', '.join(slower)}", file=sys.stderr)
    return 1 if slower else 0


if __name__ == "__main__":
    sys.exit(main())
