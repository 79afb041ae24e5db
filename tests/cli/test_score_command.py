"""``medreward score``."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow as pa
import pytest

import medreward
from medreward_cli.main import main
from tests.rollouts import files
from tests.rollouts.files import names_in, read, table, write


def test_values_of_a_slice_that_look_alike_are_told_apart(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    names = ["CT", "CT ", "", None, "null", "'CT '"]
    rows = {"completion": ["x"] * 6, "gold": ["B"] * 6, "by": names}
    source = write(tmp_path / "in.parquet", pa.table(rows))
    assert main(["score", str(source), "--by", "by"]) == 0
    lines = capsys.readouterr().out.rpartition("\n\n")[2].splitlines()
    assert {line.partition("  ")[0] for line in lines} == {"by", "CT", "'CT '", "''", "null", "'null'", "''CT ''"}


def test_a_scored_file_and_a_summary_on_stdout(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source = write(tmp_path / "in.parquet")
    assert main(["score", str(source), "-o", str(tmp_path / "out.parquet")]) == 0
    captured = capsys.readouterr()
    assert "reward       medvlm-r1 sha256:" in captured.out
    assert "rows         7, 2 without a reward" in captured.out
    assert "reward 1.1000, format 0.6667, accuracy 0.5000" in captured.out
    assert captured.err == ""
    assert read(tmp_path / "out.parquet")["reward"].to_pylist() == files.REWARDS


def test_without_an_output_only_the_summary(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["score", str(write(tmp_path / "in.parquet"))]) == 0
    assert "wrote" not in capsys.readouterr().out
    assert names_in(tmp_path) == ["in.parquet"]


def test_the_summary_as_json(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source, target = write(tmp_path / "in.parquet"), tmp_path / "out.parquet"
    assert main(["score", str(source), "-o", str(target), "--reward", "mcq", "--json", "--quiet"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["reward"] == "mcq"
    assert found["digest"] == medreward.load_document("mcq").digest
    assert found["rows"] == 7
    assert found["outputs"] == [str(target)]
    assert found["seconds"] > 0
    assert found["summary"]["means"]["reward"] == pytest.approx(4.5 / 5)


def test_several_inputs_give_a_folder(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    a, b = write(tmp_path / "run1" / "x.parquet"), write(tmp_path / "run2" / "x.parquet")
    assert main(["score", str(a), str(b), "-o", str(tmp_path / "out")]) == 0
    assert names_in(tmp_path / "out") == ["run1", "run1/x.parquet", "run2", "run2/x.parquet"]
    assert "(2 files)" in capsys.readouterr().out


def test_columns_can_be_mapped(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source = write(tmp_path / "in.parquet", table().rename_columns({"gold": "key", "completion": "output"}))
    assert main(["score", str(source), "--map", "gold=key", "--map", "completion=output", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["summary"]["means"]["reward"] == pytest.approx(1.1)


@pytest.mark.parametrize("pair", ["gold", "gold=", "soul=x", "=x"])
def test_a_map_that_is_none_is_a_usage_error(tmp_path: Path, pair: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["score", str(write(tmp_path / "in.parquet")), "--map", pair]) == 2
    assert "--map" in capsys.readouterr().err


def test_numbered_golds_need_to_know_the_first_number(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source = write(tmp_path / "in.parquet", table().set_column(4, "gold", [[2, 2, 2, 2, 2, 2, None]]))
    assert main(["score", str(source)]) == 3
    assert "--gold-index" in capsys.readouterr().err
    assert main(["score", str(source), "--gold-index", "1", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["summary"]["means"]["reward"] == pytest.approx(1.1)


def test_bad_golds_can_be_null(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source = write(tmp_path / "in.parquet", table().set_column(4, "gold", [["K"] * 7]))
    assert main(["score", str(source), "--bad-gold", "null", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["summary"]["null_rewards"] == 7


def test_a_gold_that_is_a_label_and_a_text_asks_which(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = table().slice(0, 1).set_column(3, "options", [[["B", "A"]]])
    source = write(tmp_path / "in.parquet", data)
    assert main(["score", str(source)]) == 3
    assert "--gold-as label" in capsys.readouterr().err
    for choice, reward in (("label", 2.0), ("text", 1.0)):
        assert main(["score", str(source), "--gold-as", choice, "--json"]) == 0
        assert json.loads(capsys.readouterr().out)["summary"]["means"]["reward"] == reward


def test_only_scores_under_a_prefix_over_an_old_output(tmp_path: Path) -> None:
    source, target = write(tmp_path / "in.parquet"), tmp_path / "out.parquet"
    target.write_text("old")
    flags = ["--columns", "scores", "--prefix", "m_", "--overwrite", "--quiet"]
    assert main(["score", str(source), "-o", str(target), *flags]) == 0
    assert read(target).schema.names == ["row", "group_id", "step", *(f"m_{name}" for name in files.SCORES)]


def test_a_document_of_ones_own_scores_too(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    document = tmp_path / "mine.yaml"
    document.write_text("reward: {kind: tag_presence.v1, name: tags}\n")
    assert main(["score", str(write(tmp_path / "in.parquet")), "--reward", str(document), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["reward"] == str(document)
    assert found["summary"]["means"] == {"reward": pytest.approx(4 / 6), "reward_tags": pytest.approx(4 / 6)}


@pytest.mark.parametrize(
    ("floors", "status", "words"),
    [
        (["reward=1.1"], 0, ""),
        (["reward=1.11"], 1, "mean reward is 1.1, which is not at least 1.11"),
        (["format=0.6", "accuracy=0.6"], 1, "mean accuracy is 0.5"),
        (["letters=0.6"], 2, "the reward has no 'letters'; it has reward, format, accuracy"),
        (["reward=high"], 2, "NAME=NUMBER"),
        (["reward=nan"], 2, "finite"),
        (["reward"], 2, "NAME=NUMBER"),
    ],
)
def test_a_mean_below_its_floor_fails_the_run_and_says_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], floors: list[str], status: int, words: str
) -> None:
    source = write(tmp_path / "in.parquet")
    flags = [part for floor in floors for part in ("--fail-under", floor)]
    assert main(["score", str(source), "-o", str(tmp_path / "out.parquet"), *flags]) == status
    assert words in capsys.readouterr().err
    assert (tmp_path / "out.parquet").exists() == (status != 2)


def test_a_failed_floor_stands_in_the_json(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["score", str(write(tmp_path / "in.parquet")), "--json", "--fail-under", "reward=2"]) == 1
    assert json.loads(capsys.readouterr().out)["failed"] == ["mean reward is 1.1, which is not at least 2"]


def test_a_reward_may_read_a_column_and_its_absence_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    document = tmp_path / "overlong.yaml"
    document.write_text("reward: {kind: soft_overlong.v1, limit: 10, margin: 4}\n")
    source = write(tmp_path / "in.parquet")
    assert main(["score", str(source), "--reward", str(document)]) == 3
    assert "There is no column 'completion_tokens'" in capsys.readouterr().err
    lengths = pa.array([6, 8, 10, 11, None, 0, 7])
    counted = write(tmp_path / "counted.parquet", table().append_column("n", lengths))
    arguments = ["score", str(counted), "-o", str(tmp_path / "out.parquet"), "--reward", str(document)]
    assert main([*arguments, "--map", "completion_tokens=n"]) == 0
    rewards = read(tmp_path / "out.parquet")["reward"].to_pylist()
    null = [text is None for text in table()["completion"].to_pylist()]
    expected = [0.0, -0.5, -1.0, -1.0, None, 0.0, -0.25]
    assert rewards == [None if gone else value for gone, value in zip(null, expected, strict=True)]
    assert main(["explain", str(counted), "--row", "1", "--reward", str(document), "--map", "completion_tokens=n"]) == 0
    assert "8 completion_tokens; the penalty begins at 6 and is whole at 10" in capsys.readouterr().out


def test_one_reward_scores_a_run_and_a_second_is_a_mistake(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = write(tmp_path / "in.parquet", table())
    assert main(["score", str(path), "--reward", "mcq", "--reward", "medvlm-r1"]) == 2
    assert "counts once: mcq, medvlm-r1" in capsys.readouterr().err
