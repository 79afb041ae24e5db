"""Input as data frames and hasty hands write it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import medreward
from medreward import DocumentError, InputError, InputSettings, Scorer, TagPresence, score_one
from medreward.rewards.plain_yaml import read_yaml
from medreward.rollouts import score_files
from medreward.scoring.summary import MOST_TOTALS
from medreward_cli.main import main

GOOD = "<think>t</think><answer>B</answer>"
COUNTED = InputSettings(gold_index=0)


@pytest.mark.parametrize("gold", [1, 1.0, np.int64(1), np.float64(1), np.float32(1)])
def test_a_whole_number_of_any_kind_is_a_gold(gold: int) -> None:
    assert score_one(GOOD, gold, ["x", "y"], settings=COUNTED) == 2.0


@pytest.mark.parametrize("gold", [1.5, float("nan"), True, np.bool_(True), b"B", {"a": 1}])
def test_what_is_no_text_and_no_whole_number_is_no_gold(gold: int) -> None:
    with pytest.raises(InputError) as caught:
        score_one(GOOD, gold, ["x", "y"], settings=COUNTED)
    assert caught.value.code == "gold_type"


def test_nan_among_golds_is_null_wherever_it_stands(tmp_path: Path) -> None:
    texts = {"completion": [GOOD] * 3, "gold": ["B", float("nan"), None]}
    assert Scorer().score(texts).table["reward"].to_pylist() == [2.0, None, None]
    golds = {"completion": [GOOD] * 3, "gold": [1.0, float("nan"), None]}
    assert Scorer(settings=COUNTED).score(golds).table["reward"].to_pylist() == [2.0, None, None]
    column = pa.array([1.0, float("nan"), None], pa.float64())
    pq.write_table(pa.table({"completion": [GOOD] * 3, "gold": column}), tmp_path / "in.parquet")
    assert score_files(tmp_path / "in.parquet", settings=COUNTED).summary.null_rewards == 2


@pytest.mark.parametrize("options", [{"Heart", "Lungs"}, frozenset({"Heart"}), 5, iter(["Heart"])])
def test_options_without_an_order_are_refused(options: list[str]) -> None:
    with pytest.raises(InputError) as caught:
        score_one(GOOD, "B", options)
    assert caught.value.code == "options_type"


def test_scores_alone_have_the_run_columns_by_their_canonical_names(tmp_path: Path) -> None:
    data = pa.table({"completion": [GOOD], "gold": ["B"], "row": ["a"], "reward": [7]})
    settings = InputSettings(columns=(("group_id", "row"), ("step", "reward")))
    pq.write_table(data, tmp_path / "in.parquet")
    score_files(tmp_path / "in.parquet", tmp_path / "out.parquet", settings=settings, columns="scores")
    names = pq.read_table(tmp_path / "out.parquet").schema.names
    assert names[:4] == ["row", "group_id", "step", "reward"]
    assert Scorer(settings=settings).score(data).to_arrow("scores").schema.names == names


def test_a_summary_of_very_many_totals_stays_small() -> None:
    reward = {"kind": "column_value.v1", "column": {"kind": "column.v1", "name": "x"}, "low": 0, "high": 1e9}
    data = {"completion": ["t"] * 5000, "x": [float(i) for i in range(5000)]}
    summary = Scorer({"medreward": 1, "reward": reward}).score(data).summary
    assert len(summary.rewards) == MOST_TOTALS
    assert summary.other_rewards == 5000 - MOST_TOTALS
    assert summary.to_dict()["other_rewards"] == 5000 - MOST_TOTALS
    assert "others: 4,988" in str(summary)


def test_a_class_is_no_reward_and_the_message_says_what_is_missing() -> None:
    with pytest.raises(DocumentError, match="parentheses"):
        Scorer(TagPresence)  # type: ignore[arg-type]
    with pytest.raises(DocumentError, match="nothing that names a reward"):
        Scorer(None)  # type: ignore[arg-type]


@pytest.mark.parametrize(("written", "number"), [("1e-3", 0.001), ("2E2", 200.0), ("-1e+1", -10.0), (".5e1", 5.0)])
def test_numbers_in_yaml_are_those_of_its_current_version(written: str, number: float) -> None:
    assert read_yaml(f"weight: {written}") == {"weight": number}


def test_a_word_with_an_e_between_digits_stays_a_word() -> None:
    assert read_yaml("a: 1e\nb: e5\nc: 1e5x") == {"a": "1e", "b": "e5", "c": "1e5x"}


def test_files_that_make_no_one_table_are_an_input_error(tmp_path: Path) -> None:
    pq.write_table(pa.table({"completion": [GOOD], "gold": ["B"], "x": [1]}), tmp_path / "a.parquet")
    pq.write_table(pa.table({"completion": [GOOD], "gold": ["B"], "x": [["y"]]}), tmp_path / "b.parquet")
    with pytest.raises(InputError) as caught:
        medreward.score(tmp_path)
    assert caught.value.code == "mixed_shards"


def test_a_frame_that_arrow_cannot_hold_says_why() -> None:
    pd = pytest.importorskip("pandas")
    frame = pd.DataFrame({"completion": [GOOD], "gold": ["B"], "mixed": pd.Series([object()], dtype=object)})
    with pytest.raises(InputError, match="object"):
        Scorer().score(frame)


def test_an_empty_name_is_no_input(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["score", ""]) == 2
    assert "no name" in capsys.readouterr().err


def test_a_column_named_twice_is_a_mistake(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["score", "x.parquet", "--map", "gold=a", "--map", "gold=b"]) == 2
    assert "named twice" in capsys.readouterr().err
