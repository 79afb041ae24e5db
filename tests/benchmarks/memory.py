"""``python -m tests.benchmarks.memory``: the peak memory of ``medreward score`` on files of growing size.

Needs little disk: the text repeats, and compresses. Exit 1 where the largest file takes more than 600 MB.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from tests.benchmarks.rollouts import make
from tests.cli.running import COMMAND, ENVIRONMENT

__all__ = ["peak", "write_large"]

MOST = 600  # MB


def write_large(path: Path, gigabytes: float) -> int:
    """Write a file of at least so much text, row group by row group; its rows."""
    table = make(16384, 1000, 0.2).drop_columns(["options"])
    size = sum(len(chunk.buffers()[2]) for chunk in table["completion"].chunks)
    times = max(1, round(gigabytes * 1e9 / size))
    with pq.ParquetWriter(path, table.schema, compression="zstd", use_dictionary=False) as writer:
        order = np.random.default_rng(1).permutation(table.num_rows)
        table = table.take(pa.array(order))
        for _ in range(times):
            writer.write_table(table)
    return times * int(table.num_rows)


def peak(path: Path, output: Path, jobs: int = 1) -> tuple[float, float]:
    """The most memory a run took at once, in MB, and its CPU seconds."""
    run = [*COMMAND, "score", str(path), "-o", str(output), "--columns", "scores", "--overwrite", "--jobs", str(jobs)]
    begun = subprocess.Popen(run, env=ENVIRONMENT, stdout=subprocess.DEVNULL)
    _, status, used = os.wait4(begun.pid, 0)
    begun.returncode = os.waitstatus_to_exitcode(status)
    if begun.returncode:
        raise subprocess.CalledProcessError(begun.returncode, run)
    return used.ru_maxrss * 1024 / 1e6, used.ru_utime + used.ru_stime


def main() -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.memory", description=__doc__)
    parser.add_argument("--gigabytes", type=float, nargs="+", default=[0.1, 1.0, 10.0], help="text in each file")
    given = parser.parse_args()
    print("| text | rows | file | peak memory | CPU |\n|---|---|---|---|---|")
    worst = 0.0
    for gigabytes in given.gigabytes:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "rollouts.parquet"
            rows = write_large(path, gigabytes)
            megabytes, seconds = peak(path, Path(folder) / "scores.parquet")
            size = path.stat().st_size / 1e6
        worst = max(worst, megabytes)
        print(f"| {gigabytes:g} GB | {rows:,} | {size:,.0f} MB | {megabytes:,.0f} MB | {seconds:.0f} s |", flush=True)
    return int(worst > MOST)


if __name__ == "__main__":
    sys.exit(main())
