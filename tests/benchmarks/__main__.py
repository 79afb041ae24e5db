"""``python -m tests.benchmarks``: the scorer against reading the column, and against what people run today.

Every number is taken in one run, interleaved, and the median over rounds: ratios of CPU times, batch by batch, and for
many files at a time wall time. Peak memory has a command of its own: ``python -m tests.benchmarks.memory``.
"""

from __future__ import annotations

import argparse
import platform
import statistics
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from medreward import Scorer, score_one
from tests.benchmarks.choices import table as answers_table
from tests.benchmarks.hostile import HOSTILE, batch_of, seconds
from tests.benchmarks.peers import PEERS, Peer, plain_loop
from tests.benchmarks.plot import Lines, svg
from tests.benchmarks.rollouts import make, write
from tests.benchmarks.whole_job import cpu_ratio, wall_table
from tests.benchmarks.worst import worst_table
from tests.conftest import ROOT

__all__ = ["plain_loop"]

DATA = {"1 kB": (1000, 0.2), "4 kB": (4000, 0.2), "1 kB, 90 % malformed": (1000, 0.9)}
TOO_SLOW = 8.0  # times the read: far beyond the ordinary, so that only an absurd regression fails
TOO_SLOW_JOB = 12.0  # the same for files in, scores out
TOO_STEEP = 40.0  # times the cost of a text a tenth as long
SCORER = "medreward, every output column"
REWARDS = "medreward, the rewards alone"
JOB = "medreward, the whole job: Parquet in, scores written"
PLOT = Path(__file__).parent / "plot.svg"
LIMIT = 2.0  # seconds


def workers(scorer: Scorer) -> dict[str, Peer]:
    """The scorer and its peers, by name."""
    return {SCORER: scorer.score_batch, **PEERS}


def measure(path: Path, rounds: int, *, options: bool) -> dict[str, float]:
    """What each costs over one file, as a ratio to the read of the columns it needs: medians over rounds."""
    scorer, taken = Scorer("medvlm-r1"), defaultdict(list)
    works = {**workers(scorer), REWARDS: lambda batch: scorer.score(batch).rewards}
    columns = ["completion", "gold", "options"] if options else ["completion", "gold"]
    for _ in range(rounds + 1):  # the first round warms up
        spent: dict[str, float] = defaultdict(float)
        batches = pq.ParquetFile(path).iter_batches(batch_size=8192, columns=columns, use_threads=False)
        while (batch := _timed(partial(next, batches, None), spent, "read")) is not None:
            for name, work in works.items():
                _timed(partial(work, batch), spent, name)
        for name, value in spent.items():
            taken[name].append(value / spent["read"])
    return {name: statistics.median(ratios[1:]) for name, ratios in taken.items() if name != "read"}


def _timed(work: Callable[[], Any], spent: dict[str, float], name: str) -> Any:
    start = time.process_time()
    made = work()
    spent[name] += time.process_time() - start
    return made


def main_table(rows: int, rounds: int) -> tuple[list[str], float, float]:
    """The table of ratios to the read, and the scorer's and the whole job's worst."""
    found = {}
    with tempfile.TemporaryDirectory() as folder:
        for name, (size, bad) in DATA.items():
            path = write(Path(folder) / "rollouts.parquet", rows, size, bad)
            for options in (False, True):
                ratios = measure(path, rounds, options=options) | {JOB: cpu_ratio(path, rounds, options=options)}
                found[f"{name}, {'with' if options else 'no'} options"] = ratios
    names = [SCORER, REWARDS, JOB, *PEERS]
    lines = [f"| CPU / read | {' | '.join(found)} |", f"|---|{'---|' * len(found)}"]
    lines += [f"| {name} | {' | '.join(f'{ratios[name]:.2f}' for ratios in found.values())} |" for name in names]
    worst = {name: max(ratios[name] for ratios in found.values()) for name in (SCORER, JOB)}
    return lines, worst[SCORER], worst[JOB]


def many_files(rows: int, files: int, rounds: int) -> list[str]:
    """The table of wall times over a folder of files."""
    with tempfile.TemporaryDirectory() as folder:
        path = write(Path(folder) / "rollouts.parquet", rows, 1000, 0.2)
        return wall_table(path, files, rounds)


def hostile_table(sizes: list[int]) -> tuple[list[str], dict[str, Lines], float]:
    """Seconds for hostile texts, the points to plot, and the steepest step of the scorer."""
    works, steepest = workers(Scorer("medvlm-r1")), 0.0
    lines = [f"| one text of {8 * sizes[-1]:,} bytes | {' | '.join(works)} |", f"|---|{'---|' * len(works)}"]
    points: dict[str, Lines] = {}
    for name, text in HOSTILE.items():
        found: dict[str, list[tuple[float, float]]] = {}
        for worker, work in works.items():
            found[worker] = [*_grown(work, text, sizes)]
        mine = dict(found[SCORER])
        steepest = max(steepest, mine[8 * sizes[-1]] / mine[8 * sizes[-2]] * 10 * sizes[-2] / sizes[-1])
        cells = [
            f"{dict(line)[8 * sizes[-1]] * 1e3:.0f} ms" if len(line) == len(sizes) else f"over {LIMIT:g} s"
            for line in found.values()
        ]
        lines.append(f"| {name} | {' | '.join(cells)} |")
        points[name] = {worker: line for worker, line in found.items() if line}
    return lines, points, steepest


def _grown(work: Peer, text: Callable[[int], str], sizes: list[int]) -> Iterator[tuple[float, float]]:
    for size in sizes:
        taken = seconds(work, batch_of(text(size)), LIMIT)
        if taken is None:
            return
        yield 8 * size, max(taken, 1e-5)


def growth(settings: list[tuple[int, int]], place: int) -> Lines:
    """Milliseconds for tables of some rows and characters, against one of the two."""
    works = workers(Scorer("medvlm-r1"))
    lines: dict[str, list[tuple[float, float]]] = {name: [] for name in works}
    for setting in settings:
        batch = make(*setting, 0.2).combine_chunks().to_batches()[0]
        for name, work in works.items():
            taken = [seconds(work, batch, 60.0) or 60.0 for _ in range(3)]
            lines[name].append((setting[place], max(statistics.median(taken) * 1e3, 1e-2)))
    return lines


def small_table() -> list[str]:
    """CPU microseconds of one training step and of one completion, everything warm."""
    lines = ["| CPU, microseconds | no options | with options |", "|---|---|---|"]
    batch = make(64, 2000, 0.2).to_pydict()
    texts, golds, options = batch["completion"], batch["gold"], batch["options"]
    plain = {"completion": texts, "gold": golds}
    scorer = Scorer("medvlm-r1")

    def each(*offered: list[list[str]]) -> None:
        for cells in zip(texts, golds, *offered, strict=True):
            score_one(*cells)

    works: dict[str, tuple[Callable[[], object], Callable[[], object], int]] = {
        "`Scorer.score`, 64 completions of 2 kB, the rewards": (
            lambda: scorer.score(plain).rewards,
            lambda: scorer.score(batch).rewards,
            1,
        ),
        "the same, all columns": (lambda: scorer.score(plain).table, lambda: scorer.score(batch).table, 1),
        "`score_one`, one of them": (each, lambda: each(options), len(texts)),
        "`re` loop, all 64": (lambda: plain_loop(texts, golds), lambda: plain_loop(texts, golds), 1),
    }
    for name, (without, with_, parts) in works.items():
        cells = [f"{_median(work) / parts * 1e6:,.0f}" for work in (without, with_)]
        lines.append(f"| {name} | {' | '.join(cells)} |")
    return lines


def _median(work: Callable[[], object], rounds: int = 15) -> float:
    taken: dict[str, float] = defaultdict(float)
    for i in range(rounds + 1):  # the first round warms up
        _timed(work, taken, str(i))
    return statistics.median([*taken.values()][1:])


def into_readme(text: str) -> None:
    """Put the tables between README's marks."""
    readme = ROOT / "README.md"
    page = readme.read_text()
    head, rest = page.split("<!-- benchmark -->\n", 1)
    tail = rest.split("<!-- end benchmark -->", 1)[1]
    readme.write_text(f"{head}<!-- benchmark -->\n{text}\n<!-- end benchmark -->{tail}")


def main() -> int:
    """Print the tables; with ``--write`` put them into README and draw the plot."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument("--short", action="store_true", help="less data, and exit 1 on an absurd regression")
    parser.add_argument("--write", action="store_true", help="write the tables into README, and the plot beside this")
    given = parser.parse_args()
    pa.set_cpu_count(1)
    rows, rounds = (8192, 2) if given.short else (24576, 5)
    table, worst, worst_job = main_table(rows, rounds)
    hostile, points, steepest = hostile_table([1000, 10_000] if given.short else [125, 500, 2000, 10_000])
    about = f"medvlm-r1, {rows:,} rows, Python {platform.python_version()}, pyarrow {pa.__version__}"
    small = small_table()
    parts = [
        about + "; reading the column = 1:",
        *table,
        "A training step:",
        *small,
        "One hostile completion:",
        *hostile,
    ]
    if not given.short:
        parts += ["Many files at a time:", *many_files(16_384, 16, 3), "The worst at full size:", *worst_table()]
        parts += ["Answers that are no bare letter, read one by one by the choice grammar:", *answers_table(5)]
    text = "\n".join(line if line.startswith("|") else f"\n{line}\n" for line in parts).strip()
    print(text)
    if given.write:
        panels = {
            "cost against rows (1 kB each)": ("rows", "ms", growth([(n, 1000) for n in (64, 512, 4096, 16384)], 0)),
            "cost against length (512 rows)": ("bytes", "ms", growth([(512, n) for n in (250, 1000, 4000, 16000)], 1)),
            "`<answer>` repeated": ("bytes", "s", points["`<answer>` repeated"]),
        }
        PLOT.write_text(svg(panels))
        into_readme(f"{text}\n\n![Cost against rows, length and hostile length](tests/benchmarks/{PLOT.name})")
    if given.short and (worst > TOO_SLOW or worst_job > TOO_SLOW_JOB or steepest > TOO_STEEP):
        print(
            f"scoring took {worst:.1f} times the read, the whole job {worst_job:.1f} times, and scoring grew"
            f" {steepest:.1f} times on ten times the text; at most {TOO_SLOW}, {TOO_SLOW_JOB} and {TOO_STEEP} are let"
            " through",
            file=sys.stderr,
        )
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
