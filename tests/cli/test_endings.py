"""Every way a run ends: an exit status, a message on stderr, and no half-written file."""

from __future__ import annotations

import os
import resource
import shlex
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from medreward_cli.main import main
from tests.cli.running import COMMAND, ENVIRONMENT, run
from tests.rollouts.files import names_in, table, write


def failed(capsys: pytest.CaptureFixture[str], *arguments: str | Path) -> tuple[int, str]:
    """The exit status and stderr of a run that fails without a traceback and prints no result."""
    status = main([str(argument) for argument in arguments])
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "Traceback" not in captured.err
    return status, captured.err


def test_a_missing_input_is_exit_3(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    status, message = failed(capsys, "score", tmp_path / "none.parquet")
    assert (status, message.split(":")[0]) == (3, "error[not_found]")
    assert "none.parquet" in message


def test_a_file_that_is_no_parquet_is_exit_3(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "in.parquet").write_text("completion,gold\n")
    status, message = failed(capsys, "score", tmp_path / "in.parquet", "-o", tmp_path / "out.parquet")
    assert (status, message.split(":")[0]) == (3, "error[not_parquet]")
    assert names_in(tmp_path) == ["in.parquet"]


def test_a_file_cut_off_is_exit_3(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    whole = write(tmp_path / "in.parquet").read_bytes()
    (tmp_path / "in.parquet").write_bytes(whole[: len(whole) // 2])
    status, message = failed(capsys, "score", tmp_path / "in.parquet", "-o", tmp_path / "out.parquet")
    assert (status, message.split(":")[0]) == (3, "error[truncated_parquet]")
    assert names_in(tmp_path) == ["in.parquet"]


def test_a_missing_column_is_exit_3_and_says_what_is_there(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source = write(tmp_path / "in.parquet", table().rename_columns({"gold": "answer"}))
    status, message = failed(capsys, "score", source)
    assert (status, message.split(":")[0]) == (3, "error[missing_column]")
    assert "group_id, step, completion, options, answer" in message
    assert "--map gold=" in message


def test_an_unresolvable_gold_is_exit_3_and_names_rows(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = table()
    source = write(tmp_path / "in.parquet", data.set_column(4, "gold", [["B", "K", "B", "L", "B", "B", None]]))
    status, message = failed(capsys, "score", source, "-o", tmp_path / "out.parquet")
    assert (status, message.split(":")[0]) == (3, "error[bad_gold]")
    assert "row 1" in message
    assert "row 3" in message
    assert names_in(tmp_path) == ["in.parquet"]


def test_an_output_that_exists_is_exit_4_and_stays(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "out.parquet").write_text("mine")
    status, message = failed(capsys, "score", write(tmp_path / "in.parquet"), "-o", tmp_path / "out.parquet")
    assert (status, message.split(":")[0]) == (4, "error[exists]")
    assert "--overwrite" in message
    assert (tmp_path / "out.parquet").read_text() == "mine"


def test_an_unknown_reward_is_exit_2_and_names_the_nearest(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    status, message = failed(capsys, "score", write(tmp_path / "in.parquet"), "--reward", "medvlm-r2")
    assert status == 2
    assert "'medvlm-r1'" in message


def test_escapes_in_a_file_name_never_reach_the_terminal(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    status, message = failed(capsys, "score", tmp_path / "\x1b[31mred.parquet")
    assert status == 3
    assert "\x1b" not in message
    assert r"\x1b[31mred.parquet" in message


def test_a_bug_is_exit_70_with_its_traceback(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError("made up")

    monkeypatch.setattr("medreward.rollouts.score_files", broken)
    assert main(["score", str(tmp_path)]) == 70
    message = capsys.readouterr().err
    assert "ZeroDivisionError: made up" in message
    assert "this is a bug in medreward" in message


LEAVES = """
import sys
def reward(**_): sys.exit(0)
def letter(body, options, select): sys.exit(0)
"""


@pytest.mark.parametrize(
    ("command", "status", "said"),
    [
        (["check", "--form", "trl", "--seconds", "0", "--callable", "leaves.py:reward"], 2, "SystemExit: 0"),
        (["conformance", "--callable", "leaves.py:letter"], 2, "SystemExit: 0"),
        (["conformance", "--callable", "gone.py:letter"], 2, "gone.py, line 1"),
    ],
)
def test_code_of_a_user_that_ends_the_process_passes_no_gate(
    command: list[str],
    status: int,
    said: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (tmp_path / "leaves.py").write_text(LEAVES)
    (tmp_path / "gone.py").write_text("raise SystemExit\n")
    monkeypatch.chdir(tmp_path)
    ended, message = failed(capsys, *command)
    assert ended == status
    assert said in message


@pytest.fixture(autouse=True)
def _signals_end_a_process() -> Iterator[None]:
    """As in a terminal, whatever the runner of the tests ignores (``nohup``, a background job); children inherit it."""
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = [
        signal.signal(number, signal.default_int_handler if number == signal.SIGINT else signal.SIG_DFL)
        for number in numbers
    ]
    yield
    for number, handler in zip(numbers, before, strict=True):
        signal.signal(number, handler)


def limit_files() -> None:
    """No file of this process may grow beyond 20 kB."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))


@pytest.mark.parametrize("folder", [False, True])
def test_an_output_that_does_not_fit_is_exit_4_and_leaves_nothing(tmp_path: Path, folder: bool) -> None:
    source = write(tmp_path / "in" / "1.parquet", table(20_000))
    write(tmp_path / "in" / "0.parquet")
    before = names_in(tmp_path)
    done = run("score", source.parent if folder else source, "-o", tmp_path / "out", preexec_fn=limit_files)
    assert (done.returncode, done.stderr.split(":")[0]) == (4, "error[no_space]")
    assert "Traceback" not in done.stderr
    assert names_in(tmp_path) == before


@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
@pytest.mark.parametrize("folder", [False, True])
def test_an_interrupted_run_leaves_nothing(tmp_path: Path, number: signal.Signals, status: int, folder: bool) -> None:
    source = write(tmp_path / "in" / "1.parquet", table(100_000))
    before = names_in(tmp_path)
    command = [*COMMAND, "score", str(source.parent if folder else source), "-o", str(tmp_path / "out")]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=ENVIRONMENT
    ) as process:
        until = time.monotonic() + 30
        while not list(tmp_path.glob(".medreward-*")) and time.monotonic() < until:
            time.sleep(0.001)
        process.send_signal(number)
        out, err = process.communicate(timeout=30)
    assert process.returncode == status, err
    assert out == ""
    assert "Traceback" not in err
    assert names_in(tmp_path) == before


@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)])
def test_a_signal_that_a_library_turns_into_its_own_error_is_no_bug(
    number: signal.Signals, status: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupted(*_: object, **__: object) -> None:
        try:
            os.kill(os.getpid(), number)
            time.sleep(10)
        except KeyboardInterrupt:
            raise ValueError("as serializers do") from None

    monkeypatch.setattr("medreward.rollouts.score_files", interrupted)
    before = [signal.getsignal(one) for one in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)]
    assert main(["score", "x"]) == status
    assert "Traceback" not in capsys.readouterr().err
    assert [signal.getsignal(one) for one in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)] == before


def test_a_reader_that_went_away_is_no_error(tmp_path: Path) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "w") as nobody:
        done = subprocess.run(
            [*COMMAND, "spec", "show", "mcq"],
            stdout=nobody,
            stderr=subprocess.PIPE,
            text=True,
            env=ENVIRONMENT,
            check=False,
            timeout=60,
        )
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full here")
def test_a_result_that_cannot_be_printed_is_exit_4() -> None:
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [*COMMAND, "spec", "list"],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            env=ENVIRONMENT,
            check=False,
            timeout=60,
        )
    assert done.returncode == 4
    assert "Traceback" not in done.stderr


def nobody_reads(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """A run whose standard output is a pipe that nobody reads any more."""
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "w") as nobody:
        return subprocess.run(
            [*COMMAND, *map(str, arguments)],
            stdout=nobody,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
            env=ENVIRONMENT,
        )


def test_a_gate_that_failed_stays_failed_when_nobody_reads_the_summary(tmp_path: Path) -> None:
    source = write(tmp_path / "in.parquet")
    done = nobody_reads("score", source, "--fail-under", "reward=1.9", "-q")
    assert done.returncode == 1
    assert "failed: mean reward" in done.stderr
    (tmp_path / "bad.yaml").write_text("reward: {kind: nonsense.v1}")
    (tmp_path / "good.yaml").write_text("reward: {kind: tag_presence.v1}")
    done = nobody_reads("spec", "validate", tmp_path / "good.yaml", tmp_path / "bad.yaml")
    assert done.returncode == 2
    assert "Traceback" not in done.stderr


def test_the_version_is_told_to_nobody_without_a_traceback() -> None:
    done = nobody_reads("--version")
    assert (done.returncode, done.stderr) == (0, "")
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [*COMMAND, "--version"], stdout=full, stderr=subprocess.PIPE, text=True, check=False, env=ENVIRONMENT
        )
    assert (done.returncode, done.stderr.split(":")[0]) == (4, "error[write_failed]")


@pytest.mark.parametrize(("closed", "status"), [(1, 0), (2, 3)])
def test_a_stream_that_was_closed_before_the_run_ends_nothing(tmp_path: Path, closed: int, status: int) -> None:
    name = write(tmp_path / "in.parquet") if status == 0 else tmp_path / "none.parquet"
    line = f"{shlex.join([*COMMAND, 'score', str(name)])} {closed}>&-"
    done = subprocess.run(["/bin/sh", "-c", line], capture_output=True, text=True, check=False, env=ENVIRONMENT)
    assert done.returncode == status
    assert "Traceback" not in done.stderr
