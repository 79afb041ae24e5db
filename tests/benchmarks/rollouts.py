"""Made-up rollouts for benchmarks: deterministic, with the mix of tidy and odd completions that training sees."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

OPTIONS = ["Cartilage degeneration", "Labral pathology", "Bone fracture", "Tendonitis"]
SYLLABLES = (
    "ra",
    "di",
    "o",
    "lo",
    "gy",
    "in",
    "the",
    "of",
    "lung",
    "con",
    "tra",
    "st",
    "ax",
    "al",
    "no",
    "mas",
    "ef",
    "fu",
    "s",
)
ODD_WORDS = ("é", "肺", "µ", "–", "x < 3 cm", "<b>", "</i>", "\xa0", "5 mm", "🙂")
BODIES = ("{0}",) * 14 + (
    " {0}\n",
    "{0}) Labral pathology",
    "{0}, there is no clear indication of a mass",
    "({0})",
    "{0}.",
    "Tendonitis",
)


def words(rng: np.random.Generator, count: int) -> str:
    """Text with a few frequent and many rare words, some of them not ASCII."""
    vocabulary = ["".join(rng.choice(SYLLABLES, rng.integers(1, 4))) for _ in range(5000)]
    weight = 1.0 / np.arange(1, len(vocabulary) + 1)
    drawn = rng.choice(vocabulary, count, p=weight / weight.sum())
    odd = rng.random(count) < 0.004
    drawn = np.where(odd, rng.choice(ODD_WORDS, count), drawn)
    return " ".join(drawn.tolist())


def malformed(kind: int, reasoning: str, body: str) -> str:
    """One of twelve ways to go wrong."""
    return (
        reasoning,
        f"<think>{reasoning}",
        f"<think>{reasoning}</think>\n<answer>{body}",
        f"<answer>{body}</answer><think>{reasoning}</think>",
        f"Sure. <think>{reasoning}</think><answer>{body}</answer>",
        f"<think>{reasoning}</think><answer>{body}</answer> Done.",
        f"<think>{reasoning}<think></think><answer>{body}</answer>",
        f"<think>{reasoning}</think><answer>{body}</answer><answer>{body}</answer>",
        f"<think>{reasoning}<answer>{body}</answer></think>",
        f"<Think>{reasoning}</Think><Answer>{body}</Answer>",
        f"{reasoning}</think>\nanswer>{body}</answer>",
        "<think>" * (2 + kind % 7) + reasoning,
    )[kind % 12]


def make(rows: int, size: int, bad: float, seed: int = 1) -> pa.Table:
    """A table of rollouts.

    Args:
        rows: how many.
        size: the mean length of the reasoning, in characters.
        bad: the share that is malformed.
        seed: of the random numbers.
    """
    rng = np.random.default_rng(seed)
    pool = words(rng, 1_000_000)
    length = np.clip(rng.lognormal(np.log(size) - 0.18, 0.6, rows), 60, 8 * size).astype(int)
    start = rng.integers(0, len(pool) - 8 * size, rows)
    gold, guess = rng.integers(0, 4, rows), rng.integers(0, 4, rows)
    answer = np.where(rng.random(rows) < 0.6, gold, guess)
    body, kind, is_bad = rng.integers(0, len(BODIES), rows), rng.integers(0, 1000, rows), rng.random(rows) < bad
    completions = []
    for i in range(rows):
        reasoning = pool[start[i] : start[i] + length[i]]
        said = BODIES[body[i]].format("ABCD"[answer[i]])
        fine = f"<think>{reasoning}</think>\n<answer>{said}</answer>"
        completions.append(malformed(int(kind[i]), reasoning, said) if is_bad[i] else fine)
    golds = ["ABCD"[g] for g in gold]
    return pa.table({"completion": completions, "gold": golds, "options": [OPTIONS] * rows})


def write(path: Path, rows: int, size: int, bad: float) -> Path:
    """The table as a Parquet file."""
    pq.write_table(make(rows, size, bad), path, compression="zstd", row_group_size=16384)
    return path
