"""Whether scores can be had again."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pytest

from medreward.errors import InputError, UsageError
from medreward.rewards import PassBonus
from medreward.rollouts import score_files, verify
from medreward.scoring import InputSettings
from medreward_cli.main import main
from tests.rollouts.files import read, table, write


@pytest.fixture
def scored(tmp_path: Path) -> Path:
    """A scored file."""
    score_files(write(tmp_path / "in.parquet", table(3000)), tmp_path / "scored.parquet", reward="mcq")
    return tmp_path / "scored.parquet"


def changed(path: Path, change: Callable[[pa.Table], pa.Table]) -> Path:
    """The file with something changed and its metadata as it was, unless that is what changed."""
    return write(path.with_name("changed.parquet"), change(read(path)))


def with_metadata(**entries: str | None) -> Callable[[pa.Table], pa.Table]:
    def change(data: pa.Table) -> pa.Table:
        known = {**(data.schema.metadata or {}), **{f"medreward.{key}".encode(): v for key, v in entries.items()}}
        return data.replace_schema_metadata({key: value for key, value in known.items() if value is not None})

    return change


@pytest.mark.parametrize("reward", ["medvlm-r1", "medvlm-r1-code", "medvlm-r1-eval", "mcq"])
def test_scores_of_the_papers_presets_are_reproducible(tmp_path: Path, reward: str) -> None:
    score_files(write(tmp_path / "in.parquet"), tmp_path / "out.parquet", reward=reward, prefix="x_")
    found = verify(tmp_path / "out.parquet")
    assert (found.is_reproducible, found.reasons, found.rows) == (True, (), 7)


def test_settings_and_joined_golds_are_taken_from_the_file(tmp_path: Path) -> None:
    (tmp_path / "golds.csv").write_text("group_id,gold\n" + "".join(f"g{i},B\n" for i in range(4)))
    source = write(tmp_path / "in.parquet", table().drop_columns(["gold"]))
    settings = InputSettings(gold_from=str(tmp_path / "golds.csv"), gold_on="group_id", end_tokens=("</answer>",))
    score_files(source, tmp_path / "out.parquet", settings=settings)
    (tmp_path / "golds.csv").unlink()
    assert verify(tmp_path / "out.parquet").is_reproducible


def test_a_changed_score_is_found_with_its_row_and_component(scored: Path) -> None:
    def change(data: pa.Table) -> pa.Table:
        cells = data["reward_accuracy"].to_pylist()
        cells[20_000] = 0.25
        return data.set_column(data.schema.get_field_index("reward_accuracy"), "reward_accuracy", [cells])

    found = verify(changed(scored, change))
    assert not found.is_reproducible
    assert found.differing == {"reward_accuracy": 1}
    # the rows repeat every seven, and the second of them has the right letter with words after it
    assert found.reasons == ("reward_accuracy differs in 1 rows: row 20000 had 0.25, now 0.5",)


def test_a_changed_completion_changes_what_depends_on_it(scored: Path) -> None:
    def change(data: pa.Table) -> pa.Table:
        cells = ["none", *data["completion"].to_pylist()[1:]]
        return data.set_column(data.schema.get_field_index("completion"), "completion", [cells])

    found = verify(changed(scored, change))
    assert found.differing["reward"] == found.differing["flaws"] == 1


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (with_metadata(digest="sha256:00"), "digest"),
        (with_metadata(document='{"reward": {"kind": "lost.v1"}}'), "cannot read the reward document"),
        (with_metadata(input='{"tomorrow": 1}'), "cannot read the input settings"),
        (with_metadata(rows="7"), "21,000 rows, and was written with 7"),
        (lambda data: data.drop_columns(["flaws"]), "score columns are missing: flaws"),
        (lambda data: data.drop_columns(["gold"]), "cannot be scored again"),
        (lambda data: data.slice(0, 5), "5 rows, and was written with 21000"),
    ],
)
def test_what_does_not_fit_is_said(scored: Path, change: Callable[[pa.Table], pa.Table], reason: str) -> None:
    found = verify(changed(scored, change))
    assert not found.is_reproducible
    assert reason in " ".join(found.reasons)


def test_another_version_is_a_note_and_no_reason(scored: Path) -> None:
    found = verify(changed(scored, with_metadata(version="0.0.1")))
    assert found.is_reproducible
    assert "0.0.1" in found.notes[0]


def test_scores_without_completions_cannot_be_verified(tmp_path: Path) -> None:
    score_files(write(tmp_path / "in.parquet"), tmp_path / "out.parquet", columns="scores")
    assert "--columns scores" in verify(tmp_path / "out.parquet").reasons[0]


def test_a_file_that_was_never_scored_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        verify(write(tmp_path / "in.parquet"))
    assert caught.value.code == "not_scored"


def test_the_command_says_yes_with_0_no_with_1_and_cannot_with_3(
    scored: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["verify", str(scored)]) == 0
    assert capsys.readouterr().out == f"{scored}: yes: 21,000 rows give the same scores\n"
    wrong = changed(scored, with_metadata(rows="7"))
    assert main(["verify", str(wrong)]) == 1
    assert capsys.readouterr().out.startswith(f"{wrong}: no, because\n  the file has 21,000 rows")
    assert main(["verify", str(scored), str(wrong), "--json"]) == 1
    found = json.loads(capsys.readouterr().out)
    assert (found["reproducible"], [one["reproducible"] for one in found["files"]]) == (False, [True, False])
    assert main(["verify", str(scored.with_name("in.parquet"))]) == 3
    assert main(["verify", str(scored.with_name("none.parquet"))]) == 3


def test_a_scored_folder_is_verified_file_by_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "in").mkdir()
    write(tmp_path / "in" / "a.parquet")
    write(tmp_path / "in" / "b.parquet")
    score_files(tmp_path / "in", tmp_path / "out")
    assert main(["verify", str(tmp_path / "out")]) == 0
    assert capsys.readouterr().out.count("yes: 7 rows") == 2
    with pytest.raises(UsageError, match="file by file"):
        verify(tmp_path / "out")


def test_a_group_that_goes_on_in_another_file_is_named_as_a_reason(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    for name, answer in (("a", "B"), ("b", "A")):
        rows = {"completion": [f"<answer>{answer}</answer>"], "gold": ["B"], "group_id": ["one"]}
        write(tmp_path / "in" / f"{name}.parquet", pa.table(rows))
    score_files(tmp_path / "in", tmp_path / "out", reward=PassBonus())
    assert verify(tmp_path / "out" / "a.parquet").is_reproducible
    assert "goes on in another file" in verify(tmp_path / "out" / "b.parquet").reasons[-1]


def test_json_lines_have_no_place_for_how_scores_came_about(tmp_path: Path) -> None:
    (tmp_path / "in.jsonl").write_text('{"completion": "<answer>B</answer>", "gold": "B"}\n')
    score_files(tmp_path / "in.jsonl", tmp_path / "out.jsonl")
    with pytest.raises(InputError, match="no place to record it"):
        verify(tmp_path / "out.jsonl")
