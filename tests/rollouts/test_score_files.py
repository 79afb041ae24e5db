"""Scoring files: what is written, in which order, and what the file says about it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import medreward
from medreward.errors import DocumentError, InputError, OutputError
from medreward.rollouts import score_files
from medreward.rollouts.shards import Columns
from medreward.scoring import InputSettings, Scorer
from tests.libraries import PLAIN_PRESETS
from tests.rollouts import files
from tests.rollouts.files import RIGHT, metadata, names_in, read, table, write


def test_scores_stand_behind_the_input_in_the_order_of_its_rows(tmp_path: Path) -> None:
    result = score_files(write(tmp_path / "in.parquet"), tmp_path / "out.parquet")
    out = read(tmp_path / "out.parquet")
    assert out.schema.names == files.INPUT + files.SCORES
    assert out.select(files.INPUT) == table()
    assert out["reward"].to_pylist() == files.REWARDS
    assert out["reward_format"].to_pylist() == files.FORMATS
    assert out["reward_accuracy"].to_pylist() == files.ACCURACIES
    assert out["answer"].to_pylist() == files.ANSWERS
    assert out["answer_form"].to_pylist() == files.FORMS
    assert out["flaws"].to_pylist()[0] == []
    assert result.outputs == (tmp_path / "out.parquet",)
    assert result.rows == 7
    assert names_in(tmp_path) == ["in.parquet", "out.parquet"]


def test_the_summary_counts_all_rows_of_all_files(tmp_path: Path) -> None:
    write(tmp_path / "in" / "1.parquet")
    write(tmp_path / "in" / "2.parquet", table(2))
    summary = score_files(tmp_path / "in").summary.to_dict()
    assert summary["rows"] == 21
    assert summary["null_rewards"] == 6
    assert summary["means"]["reward"] == pytest.approx(5.5 / 5)


def test_without_an_output_nothing_is_written(tmp_path: Path) -> None:
    assert score_files(write(tmp_path / "in.parquet")).outputs == ()
    assert names_in(tmp_path) == ["in.parquet"]


def test_only_scores_come_with_row_numbers_group_and_step(tmp_path: Path) -> None:
    data = table().drop_columns(["step"])
    for name in ("a", "b"):
        write(tmp_path / "in" / f"{name}.parquet", data)
    score_files(tmp_path / "in", tmp_path / "out", columns="scores")
    for name in ("a", "b"):
        out = read(tmp_path / "out" / f"{name}.parquet")
        assert out.schema.names == ["row", "group_id", *files.SCORES]
        assert out.schema.field("row").type == pa.int64()
        assert out["row"].to_pylist() == [0, 1, 2, 3, 4, 5, 6]
        assert out["group_id"] == data["group_id"]


def test_mapped_group_and_step_columns_go_with_the_scores_under_their_canonical_names(tmp_path: Path) -> None:
    data = table().rename_columns({"group_id": "uid"})
    settings = InputSettings(columns=(("group_id", "uid"),))
    source = write(tmp_path / "in.parquet", data)
    score_files(source, tmp_path / "out.parquet", columns="scores", settings=settings)
    assert read(tmp_path / "out.parquet").schema.names == ["row", "group_id", "step", *files.SCORES]


def test_row_groups_change_nothing(tmp_path: Path) -> None:
    data = table(3000)
    whole = write(tmp_path / "whole.parquet", data)
    parts = write(tmp_path / "parts.parquet", data, row_group_size=997)
    for source in (whole, parts):
        score_files(source, tmp_path / f"out-{source.name}")
    out = read(tmp_path / "out-whole.parquet")
    assert out.equals(read(tmp_path / "out-parts.parquet"))
    assert out["reward"].to_pylist() == files.REWARDS * 3000
    assert out["step"].to_pylist() == list(range(21000))


def test_batches_that_hold_one_row_change_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("medreward.rollouts.files.parquet.BATCH_BYTES", 1)
    monkeypatch.setattr("medreward.rollouts.writer.GROUP_BYTES", 1)
    score_files(write(tmp_path / "in.parquet"), tmp_path / "out.parquet")
    assert read(tmp_path / "out.parquet")["reward"].to_pylist() == files.REWARDS


def test_a_file_scores_as_the_same_data_in_memory(tmp_path: Path, real_data: Path) -> None:
    source = real_data / "vlm_rollouts.parquet"
    for reward in PLAIN_PRESETS:
        score_files(source, tmp_path / "out.parquet", reward=reward, overwrite=True)
        scores = Scorer(reward).score(read(source)).table
        assert read(tmp_path / "out.parquet").select(scores.schema.names).equals(scores)


def test_a_folder_gives_a_folder_with_the_same_shards(tmp_path: Path) -> None:
    for name in ("b/1.parquet", "a/2.parquet"):
        write(tmp_path / "in" / name)
    result = score_files(tmp_path / "in", tmp_path / "out")
    assert names_in(tmp_path / "out") == ["a", "a/2.parquet", "b", "b/1.parquet"]
    assert result.outputs == (tmp_path / "out" / "a" / "2.parquet", tmp_path / "out" / "b" / "1.parquet")
    assert read(tmp_path / "out" / "a" / "2.parquet")["reward"].to_pylist() == files.REWARDS


@pytest.mark.parametrize("columns", ["all", "scores"])
@pytest.mark.parametrize("jobs", [1, 2])
def test_a_shard_without_rows_comes_out_without_rows(tmp_path: Path, columns: Columns, jobs: int) -> None:
    folder = tmp_path / "shards"
    folder.mkdir()
    (folder / "a.jsonl").write_text("")
    (folder / "b.jsonl").write_text(json.dumps({"completion": RIGHT, "gold": "B", "id": 7}) + "\n")
    (folder / "c.jsonl").write_text("\n\n")
    found = score_files(folder, tmp_path / "out", columns=columns, jobs=jobs)
    assert (found.rows, found.summary.rows) == (1, 1)
    assert sorted(note.rsplit("/", 1)[-1] for note in found.notes) == ["a.jsonl holds no rows", "c.jsonl holds no rows"]
    tables = [pq.read_table(path) for path in sorted((tmp_path / "out").iterdir())]
    assert [table.num_rows for table in tables] == [0, 1, 0]
    if columns == "all":
        assert len({str(table.schema.remove_metadata()) for table in tables}) == 1


def test_where_no_file_has_rows_and_columns_it_is_said(tmp_path: Path) -> None:
    for name in ("a.jsonl", "b.jsonl"):
        (tmp_path / name).write_text("")
        with pytest.raises(InputError) as raised:
            score_files(tmp_path / name)
        assert raised.value.code == "no_rows"
    with pytest.raises(InputError, match="2 files") as raised:
        score_files(tmp_path)
    assert raised.value.code == "no_rows"


def test_shards_may_differ_in_types_and_further_columns(tmp_path: Path) -> None:
    data = table()
    nothing = data.slice(0, 2).set_column(4, "gold", pa.nulls(2))
    wide = data.set_column(2, "completion", data["completion"].cast(pa.large_string()))
    write(tmp_path / "in" / "1.parquet", nothing)
    write(tmp_path / "in" / "2.parquet", wide.append_column("extra", data["step"]))
    score_files(tmp_path / "in", tmp_path / "out")
    assert read(tmp_path / "out" / "1.parquet")["reward"].to_pylist() == [None, None]
    second = read(tmp_path / "out" / "2.parquet")
    assert second["reward"].to_pylist() == files.REWARDS
    assert second["extra"] == data["step"]


@pytest.mark.parametrize("kind", [pa.string(), pa.large_string(), pa.string_view(), pa.binary()], ids=str)
@pytest.mark.parametrize("encoded", [False, True])
def test_text_of_every_type_is_scored_and_passes_through(tmp_path: Path, kind: pa.DataType, encoded: bool) -> None:
    text = table(3000)["completion"].combine_chunks()
    if pa.types.is_string_view(kind) and not encoded and int(pa.__version__.split(".")[0]) < 22:
        pytest.skip("this pyarrow cannot write string_view to Parquet, so no such file can be made")
    cells = text.dictionary_encode() if encoded else text.cast(kind)
    messages = pa.array([[{"role": "user", "content": "?"}]] * len(text))
    data = table(3000).set_column(2, "completion", cells).append_column("a.b", messages)
    score_files(write(tmp_path / "in.parquet", data, row_group_size=5000), tmp_path / "out.parquet")
    out = read(tmp_path / "out.parquet")
    assert out["reward"].to_pylist() == files.REWARDS * 3000
    assert out["completion"].cast(pa.string()).combine_chunks() == text
    assert out["a.b"].to_pylist() == messages.to_pylist()


def test_a_file_without_rows_gives_a_file_without_rows(tmp_path: Path) -> None:
    result = score_files(write(tmp_path / "in.parquet", table().slice(0, 0)), tmp_path / "out.parquet")
    assert read(tmp_path / "out.parquet").num_rows == 0
    assert read(tmp_path / "out.parquet").schema.names == files.INPUT + files.SCORES
    assert result.summary.to_dict()["rows"] == 0


def test_a_file_says_how_its_scores_came_about(tmp_path: Path) -> None:
    settings = InputSettings(gold_as="label")
    score_files(write(tmp_path / "in.parquet"), tmp_path / "out.parquet", reward="mcq", settings=settings)
    known = metadata(tmp_path / "out.parquet")
    document = medreward.load_document("mcq")
    assert medreward.load_document(known["medreward.document"]) == document
    assert (known["medreward.digest"], known["medreward.preset"]) == (document.digest, "mcq")
    assert InputSettings.model_validate_json(known["medreward.input"]) == settings
    assert known["medreward.version"] == medreward.__version__
    assert known["medreward.rows"] == "7"
    assert json.loads(known["medreward.columns"]) == files.SCORES


def test_metadata_of_others_stays_where_the_columns_do(tmp_path: Path) -> None:
    write(tmp_path / "in.parquet", table().replace_schema_metadata({"pandas": "{}", "huggingface": "{}"}))
    score_files(tmp_path / "in.parquet", tmp_path / "all.parquet")
    score_files(tmp_path / "in.parquet", tmp_path / "scores.parquet", columns="scores")
    known = metadata(tmp_path / "all.parquet")
    assert (known["pandas"], known["huggingface"]) == ("{}", "{}")
    assert "pandas" not in metadata(tmp_path / "scores.parquet")


def test_scoring_again_replaces_the_scores_and_keeps_the_old_digest(tmp_path: Path) -> None:
    first, second = tmp_path / "first.parquet", tmp_path / "second.parquet"
    score_files(write(tmp_path / "in.parquet"), first, reward="medvlm-r1")
    score_files(first, second, reward="medvlm-r1-eval")
    out = read(second)
    assert out.schema.names == [*files.INPUT, *(name for name in files.SCORES if name != "reward_format")]
    known = metadata(second)
    assert known["medreward.digest"] == medreward.load_document("medvlm-r1-eval").digest
    assert known["medreward.previous_digest"] == medreward.load_document("medvlm-r1").digest


def test_scores_of_another_prefix_stay_and_are_still_known_later(tmp_path: Path) -> None:
    paths = [tmp_path / f"{i}.parquet" for i in range(4)]
    write(paths[0])
    score_files(paths[0], paths[1], reward="medvlm-r1")
    score_files(paths[1], paths[2], reward="mcq", prefix="mcq_")
    assert read(paths[2])["reward"].to_pylist() == files.REWARDS
    assert read(paths[2])["mcq_reward"].to_pylist() == files.MCQ_REWARDS
    score_files(paths[2], paths[3], reward="medvlm-r1-eval")
    names = [name for name in files.SCORES if name != "reward_format"]
    assert read(paths[3]).schema.names == [*files.INPUT, *(f"mcq_{name}" for name in files.SCORES), *names]


def test_a_foreign_column_of_a_scores_name_is_an_error_that_names_prefix(tmp_path: Path) -> None:
    write(tmp_path / "in.parquet", table().append_column("reward", table()["step"]))
    with pytest.raises(InputError, match=r"'reward'[\s\S]*--prefix") as caught:
        score_files(tmp_path / "in.parquet", tmp_path / "out.parquet")
    assert caught.value.code == "column_taken"
    score_files(tmp_path / "in.parquet", tmp_path / "out.parquet", prefix="m_")
    assert read(tmp_path / "out.parquet")["m_reward"].to_pylist() == files.REWARDS
    score_files(tmp_path / "in.parquet", tmp_path / "scores.parquet", columns="scores")
    assert read(tmp_path / "scores.parquet")["reward"].to_pylist() == files.REWARDS


@pytest.mark.parametrize("damage", ["null", "{}", '"x"', "[1", '[{"columns": null}, 3]', "\xff"])
def test_damaged_metadata_makes_columns_foreign_and_is_no_crash(tmp_path: Path, damage: str) -> None:
    known = {b"medreward.columns": damage.encode("latin-1"), b"medreward.kept": damage.encode("latin-1")}
    write(tmp_path / "in.parquet", table().append_column("reward", table()["step"]).replace_schema_metadata(known))
    with pytest.raises(InputError) as caught:
        score_files(tmp_path / "in.parquet", tmp_path / "out.parquet")
    assert caught.value.code == "column_taken"


def test_every_shard_is_checked_before_the_first_is_scored(tmp_path: Path) -> None:
    write(tmp_path / "in" / "1.parquet")
    write(tmp_path / "in" / "2.parquet", table().drop_columns(["gold"]))
    scored: list[int] = []
    with pytest.raises(InputError, match=r"2\.parquet[\s\S]*group_id, step, completion, options") as caught:
        score_files(tmp_path / "in", tmp_path / "out", progress=lambda done, _: scored.append(done))
    assert caught.value.code == "missing_column"
    assert scored == []
    assert names_in(tmp_path) == ["in", "in/1.parquet", "in/2.parquet"]


def test_a_bad_gold_names_file_row_and_cell_and_leaves_nothing(tmp_path: Path) -> None:
    data = table(3000)
    golds = data["gold"].to_pylist()
    golds[15_000] = "Kidney"
    source = write(tmp_path / "in.parquet", data.set_column(4, "gold", pa.array(golds)))
    with pytest.raises(InputError, match=r"in\.parquet[\s\S]*row 15000: gold 'Kidney'") as caught:
        score_files(source, tmp_path / "out.parquet")
    assert caught.value.code == "bad_gold"
    assert names_in(tmp_path) == ["in.parquet"]
    score_files(source, tmp_path / "out.parquet", settings=InputSettings(bad_gold="null"))
    assert read(tmp_path / "out.parquet")["reward"][15_000].as_py() is None


def test_nothing_is_read_where_the_output_is_there_already(tmp_path: Path) -> None:
    write(tmp_path / "in.parquet")
    (tmp_path / "out.parquet").write_text("mine")
    with pytest.raises(OutputError) as caught:
        score_files(tmp_path / "in.parquet", tmp_path / "out.parquet")
    assert caught.value.code == "exists"
    assert (tmp_path / "out.parquet").read_text() == "mine"
    score_files(tmp_path / "in.parquet", tmp_path / "out.parquet", overwrite=True)
    assert read(tmp_path / "out.parquet").num_rows == 7


@pytest.mark.parametrize(
    ("source", "target"),
    [
        ("in/1.parquet", "in/1.parquet"),
        ("in/1.parquet", "link.parquet"),
        ("in", "in"),
        ("in", "in/out"),
        ("in/deep", "in"),
        ("in/*.parquet", "in"),
    ],
)
@pytest.mark.parametrize("overwrite", [False, True])
def test_an_output_that_is_in_or_holds_an_input_is_an_error(
    tmp_path: Path, source: str, target: str, overwrite: bool
) -> None:
    write(tmp_path / "in" / "1.parquet")
    write(tmp_path / "in" / "deep" / "2.parquet")
    (tmp_path / "link.parquet").symlink_to(tmp_path / "in" / "1.parquet")
    before = names_in(tmp_path)
    with pytest.raises(OutputError) as caught:
        score_files(tmp_path / source, tmp_path / target, overwrite=overwrite)
    assert caught.value.code == "output_in_input"
    assert names_in(tmp_path) == before


def test_progress_counts_rows_up_to_all(tmp_path: Path) -> None:
    seen: list[tuple[int, int]] = []
    score_files(write(tmp_path / "in.parquet", table(3000)), progress=lambda done, total: seen.append((done, total)))
    assert [total for _, total in seen] == [21_000] * len(seen)
    assert seen[-1] == (21_000, 21_000)
    assert len(seen) > 1


def test_a_wrong_reward_is_an_error_before_anything_is_opened(tmp_path: Path) -> None:
    with pytest.raises(DocumentError):
        score_files(tmp_path / "missing.parquet", reward="nothing-like-this")


def test_many_small_row_groups_come_out_as_few(tmp_path: Path) -> None:
    score_files(write(tmp_path / "in.parquet", table(100), row_group_size=10), tmp_path / "out.parquet")
    assert pq.read_metadata(tmp_path / "out.parquet").num_row_groups == 1


def test_scoring_a_file_imports_no_pandas(tmp_path: Path) -> None:
    source = write(tmp_path / "in.parquet")
    program = f"""
import sys
from medreward.rollouts import score_files
for columns in ("all", "scores"):
    score_files({str(source)!r}, {str(tmp_path / "out.parquet")!r}, columns=columns, overwrite=True)
print("pandas" in sys.modules)
"""
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, env=_environment()
    )
    assert done.stdout == "False\n"


def _environment() -> dict[str, str]:
    import os

    return {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}


@pytest.mark.parametrize(
    ("beside", "settings", "note"),
    [
        ({"choices": [["x", "y"]]}, InputSettings(), "these may be them: --map options=choices"),
        ({"opa": ["x"], "opb": ["y"]}, InputSettings(), "--options-columns A=opa,B=opb"),
        ({"choices": [["x", "y"]]}, InputSettings(columns=(("options", "choices"),)), None),
        ({}, InputSettings(), None),
    ],
)
def test_options_that_are_not_read_though_they_are_there_are_said(
    tmp_path: Path, beside: dict[str, list[object]], settings: InputSettings, note: str | None
) -> None:
    rows = pa.table({"completion": ["<answer>B</answer>"], "gold": ["B"], **beside})
    notes = score_files(write(tmp_path / "in.parquet", rows), settings=settings).notes
    assert [line.endswith(note or "") for line in notes] == [True] * (note is not None)
