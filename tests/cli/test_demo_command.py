"""``medreward demo``: the newcomer's first minute."""

from __future__ import annotations

from pathlib import Path

import pytest

from medreward_cli.demo_rollouts import WORDY_ROW, rollouts
from medreward_cli.main import main
from tests.rollouts.files import names_in, read, write


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the demo writes, in an empty working folder."""
    monkeypatch.chdir(tmp_path)
    return tmp_path / "medreward-demo"


def test_the_demo_scores_64_rows_and_says_what_to_type_next(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["demo"]) == 0
    out = capsys.readouterr().out
    assert names_in(folder) == ["rollouts.parquet", "scored.parquet"]
    scored = read(folder / "scored.parquet")
    assert scored.num_rows == 64
    assert scored["reward"][WORDY_ROW].as_py() == 1.5
    assert "reward 1.5 by medvlm-r1" in out
    assert f"medreward explain medreward-demo/rollouts.parquet --row {WORDY_ROW}" in out


def test_the_command_it_names_works(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["demo"]) == 0
    command = next(line.split() for line in capsys.readouterr().out.splitlines() if "medreward explain" in line)
    assert main(command[1:]) == 0
    assert "by medvlm-r1-code" in capsys.readouterr().out


def test_the_demo_is_the_same_every_time_and_replaces_only_its_own_files(folder: Path) -> None:
    assert main(["demo"]) == 0
    first = {name: (folder / name).read_bytes() for name in names_in(folder)}
    (folder / "notes.txt").write_text("mine")
    assert main(["demo"]) == 0
    assert {name: (folder / name).read_bytes() for name in first} == first
    assert (folder / "notes.txt").read_text() == "mine"


@pytest.mark.parametrize("name", ["rollouts.parquet", "scored.parquet"])
@pytest.mark.parametrize("content", ["parquet", "text", "link"])
def test_a_users_file_is_never_replaced(
    folder: Path, name: str, content: str, capsys: pytest.CaptureFixture[str]
) -> None:
    folder.mkdir()
    if content == "parquet":
        write(folder / name)
    elif content == "text":
        (folder / name).write_text("mine")
    else:
        (folder / name).symlink_to(folder / "nowhere")
    before = (folder / name).readlink() if content == "link" else (folder / name).read_bytes()
    assert main(["demo"]) == 4
    assert "error[exists]" in capsys.readouterr().err
    assert names_in(folder) == [name]
    assert before == ((folder / name).readlink() if content == "link" else (folder / name).read_bytes())


def test_a_file_in_the_folders_place_is_exit_4(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder.write_text("mine")
    assert main(["demo"]) == 4
    assert "error[not_a_directory]" in capsys.readouterr().err
    assert folder.read_text() == "mine"


def test_the_rows_are_16_questions_answered_4_times_each() -> None:
    rows = rollouts()
    assert len(rows) == 64
    assert len({row.prompt for row in rows}) == 16
    assert all(row.options["ABCD".index(row.gold)] and len(set(row.options)) == 4 for row in rows)
    assert rows[WORDY_ROW].completion.endswith("</answer>")
