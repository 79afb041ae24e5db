"""The whole job: Parquet in, scores written. CPU time beside reading alone, and wall time beside what people run."""

from __future__ import annotations

import shutil
import statistics
import time
from collections import defaultdict
from collections.abc import Callable
from functools import partial
from multiprocessing import get_context
from pathlib import Path

import pyarrow.parquet as pq

from medreward.rollouts import score_files
from tests.benchmarks.peers import PEERS, Peer

__all__ = ["LOOPS", "cpu_ratio", "wall_table"]

COLUMNS = ["completion", "gold"]
LOOPS: dict[str, Peer] = {
    name: PEERS[name]
    for name in (
        "`re` loop, format and accuracy",
        "Open R1's format and tag count, in our words",
        "TRL `think_format_reward` alone",
    )
    if name in PEERS
}
"""The peers that are functions called with lists of strings."""


def cpu_ratio(path: Path, rounds: int, *, options: bool) -> float:
    """CPU time of scoring a file and writing the scores, as a ratio to reading the columns: the median of rounds."""
    columns = [*COLUMNS, "options"] if options else COLUMNS
    source, output = path.with_name("source.parquet"), path.with_name("scores.parquet")
    table = pq.ParquetFile(path).read(columns=columns)
    pq.write_table(table, source, compression="zstd", row_group_size=16384)
    ratios = []
    for _ in range(rounds + 1):  # the first round warms up
        read = _cpu(partial(_read, source, columns))
        whole = _cpu(partial(score_files, source, output, columns="scores", overwrite=True))
        ratios.append(whole / read)
    return statistics.median(ratios[1:])


def _read(path: Path, columns: list[str]) -> None:
    for _ in pq.ParquetFile(path).iter_batches(batch_size=8192, columns=columns, use_threads=False):
        pass


def _cpu(work: Callable[[], object]) -> float:
    start = time.process_time()
    work()
    return time.process_time() - start


def wall_table(path: Path, files: int, rounds: int) -> list[str]:
    """Wall seconds for a folder of copies of a file: one job and two, each peer in a loop and in two processes."""
    folder = path.with_name("many")
    folder.mkdir()
    for i in range(files):
        shutil.copyfile(path, folder / f"{i:02d}.parquet")
    paths, output = sorted(folder.iterdir()), path.with_name("scored")
    works: dict[str, Callable[[], object]] = {
        f"medreward, jobs {jobs}": partial(score_files, folder, output, columns="scores", jobs=jobs, overwrite=True)
        for jobs in (1, 2)
    }
    for name in LOOPS:
        works[f"{name}, a loop"] = partial(_looped, name, paths)
        works[f"{name}, 2 processes"] = partial(_pooled, name, paths)
    taken: dict[str, list[float]] = defaultdict(list)
    for _ in range(rounds):
        for name, work in works.items():
            start = time.perf_counter()
            work()
            taken[name].append(time.perf_counter() - start)
    rows = pq.read_metadata(path).num_rows * files
    seconds = {name: statistics.median(found) for name, found in taken.items()}
    lines = [
        f"| wall time, {files} files, {rows:,} rows | s | times medreward, 1 job | times medreward, 2 jobs |",
        "|---|---|---|---|",
    ]
    one, two = (seconds[f"medreward, jobs {jobs}"] for jobs in (1, 2))
    lines += [f"| {name} | {found:.2f} | {found / one:.1f} | {found / two:.1f} |" for name, found in seconds.items()]
    if "TRL `think_format_reward` alone" not in LOOPS:
        lines.append("| TRL: not installed | | | |")
    return lines


def _peer(name: str, path: Path) -> int:
    """A peer over one file, as people run it: read, make strings, call the function."""
    rows = 0
    for batch in pq.ParquetFile(path).iter_batches(batch_size=8192, columns=COLUMNS):
        LOOPS[name](batch)
        rows += len(batch)
    return rows


def _looped(name: str, paths: list[Path]) -> int:
    return sum(_peer(name, path) for path in paths)


def _pooled(name: str, paths: list[Path]) -> None:
    with get_context("spawn").Pool(2) as pool:
        pool.map(partial(_peer, name), paths, chunksize=1)
