"""Several files at a time: the same files, summary and errors as one at a time, and nothing left behind."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from medreward.errors import InputError, OutputError, UsageError
from medreward.rewards import RelativeLength, from_function
from medreward.rollouts import score_files
from medreward.rollouts.processes import spread
from tests.cli.running import COMMAND, ENVIRONMENT
from tests.rollouts.files import write

GOOD = "<think>t</think><answer>{}</answer>"


def folder_of(place: Path, files: int, golds: str = "ABBA") -> Path:
    """A folder of small files, each with other completions."""
    place.mkdir()
    for i in range(files):
        texts = [GOOD.format("ABCD"[(i + k) % 4]) + " " * (k == 3) for k in range(4)]
        table = pa.table({"completion": texts, "gold": list(golds), "group_id": [f"g{i}"] * 4, "site": ["x", "y"] * 2})
        write(place / f"{i}.parquet", table)
    return place


def contents(folder: Path) -> dict[str, Any]:
    """Every file's rows and metadata."""
    found = {}
    for path in sorted(folder.rglob("*.parquet")):
        table = pq.ParquetFile(path).read()
        found[path.name] = (table.to_pydict(), table.schema.metadata)
    return found


@pytest.mark.parametrize("columns", ["all", "scores"])
def test_two_jobs_write_and_return_what_one_does(tmp_path: Path, columns: Any) -> None:
    source = folder_of(tmp_path / "in", 5)
    found = [
        score_files(source, tmp_path / f"out{jobs}", jobs=jobs, by=["site"], groups=True, columns=columns)
        for jobs in (1, 2)
    ]
    one, two = ({**each.to_dict(), "outputs": None} for each in found)
    assert one == two
    assert one["rows"] == 20
    assert contents(tmp_path / "out1") == contents(tmp_path / "out2")
    assert len(contents(tmp_path / "out2")) == 5


def test_rules_that_compare_groups_are_the_same_in_two_jobs(tmp_path: Path) -> None:
    source = folder_of(tmp_path / "in", 3)
    reward = RelativeLength()
    one, two = (score_files(source, tmp_path / f"out{jobs}", reward=reward, jobs=jobs) for jobs in (1, 2))
    assert one.summary == two.summary
    assert contents(tmp_path / "out1") == contents(tmp_path / "out2")


def test_the_first_file_that_is_wrong_is_named_and_nothing_is_left(tmp_path: Path) -> None:
    source = folder_of(tmp_path / "in", 6)
    for name in ("2", "4"):
        write(source / f"{name}.parquet", pa.table({"completion": ["x"], "gold": ["no such option"]}))
    with pytest.raises(InputError, match=r"2\.parquet") as caught:
        score_files(source, tmp_path / "out", jobs=2)
    assert caught.value.code == "bad_gold"
    assert [path.name for path in tmp_path.iterdir()] == ["in"]


def test_a_python_function_is_refused_in_several_jobs(tmp_path: Path) -> None:
    source = folder_of(tmp_path / "in", 2)
    reward = from_function(lambda completion: [0.0] * len(completion))
    with pytest.raises(UsageError, match="other processes"):
        score_files(source, reward=reward, jobs=2)


def killed(_: object) -> Any:
    """Works on nothing: the process is gone."""

    def work(task: int) -> Any:
        if task:
            os.kill(os.getpid(), signal.SIGKILL)
        yield task

    return work


def test_a_process_that_is_killed_is_an_error_that_says_so() -> None:
    found = spread(2, killed, None, [0, 1])
    assert next(found) == (0, 0)
    with pytest.raises(OutputError, match="signal 9"):
        next(found)


def refuses(setup: str) -> Any:
    """Cannot begin."""
    raise InputError("no_such_thing", setup)


def test_what_stops_a_process_from_beginning_is_said() -> None:
    with pytest.raises(InputError, match="not today"):
        list(spread(2, refuses, "not today", [*range(9)]))


def leaves(_: object) -> Any:
    """Is gone before it takes a task."""
    os._exit(3)


def test_a_process_that_ends_before_it_takes_a_task_is_an_error() -> None:
    with pytest.raises(RuntimeError, match="what it said stands above"):
        list(spread(2, leaves, None, [bytes(1 << 20)] * 4))


def doubled(factor: int) -> Any:
    """Multiplies, the first tasks slowest."""

    def work(task: int) -> Any:
        time.sleep(0.05 * (4 - task))
        yield task * factor
        yield task * factor + 1

    return work


def test_results_come_in_the_order_of_the_tasks() -> None:
    assert list(spread(3, doubled, 10, [0, 1, 2, 3])) == [
        *((0, 0), (0, 1), (1, 10), (1, 11), (2, 20), (2, 21), (3, 30), (3, 31)),
    ]


def _hears() -> None:
    """A test run in the background is started with Ctrl-C ignored, and hands that on."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_an_interrupt_ends_every_process_and_leaves_nothing(tmp_path: Path, number: int, status: int) -> None:
    source = tmp_path / "in"
    source.mkdir()
    texts = [GOOD.format("A") + "x" * 2000] * 20_000
    first = write(source / "0.parquet", pa.table({"completion": texts, "gold": ["A"] * len(texts)}))
    for i in range(1, 40):  # enough to be interrupted long before the end, on any machine
        os.link(first, source / f"{i}.parquet")
    begun = subprocess.Popen(
        [*COMMAND, "score", str(source), "-o", str(tmp_path / "out"), "--jobs", "2"],
        env=ENVIRONMENT,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        preexec_fn=_hears,  # noqa: PLW1509 - nothing else runs here
    )
    deadline = time.monotonic() + 60
    while not any(path.suffix == ".parquet" for path in tmp_path.rglob(".medreward-*/*")):
        assert time.monotonic() < deadline
        assert begun.poll() is None
        time.sleep(0.02)
    os.killpg(begun.pid, number)
    _, said = begun.communicate(timeout=60)  # ends once every process that could write there has
    assert begun.returncode == status, said
    assert "Traceback" not in said
    assert [path.name for path in tmp_path.iterdir()] == ["in"]
