"""Producers' files: how they are recognised, and every known trap of TRL's."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

import medreward
from medreward.errors import InputError, UsageError
from medreward.rollouts.formats import FORMATS, find_format
from medreward.rollouts.formats.base import Format
from medreward.rollouts.opening import open_rollouts
from medreward.scoring import InputSettings
from tests.rollouts.files import RIGHT, WORDY, read, write

CHAT = [{"role": "user", "content": "Which?"}]


def trl(prompts: list[Any], completions: list[Any], **more: Any) -> pa.Table:
    """What TRL logs: no gold, no group id, rewards named after functions."""
    n = len(prompts)
    columns = {"step": [5] * n, "prompt": prompts, "completion": completions, "my_reward": [0.5] * n}
    return pa.table({**columns, **more, "advantage": [0.0] * n})


def groups(path: Path) -> tuple[list[str | None], list[str]]:
    """The group ids of a file, and what it said about them."""
    with open_rollouts(path) as rollouts:
        ids = [group for batch in rollouts.batches() for group in batch.column("group_id").to_pylist()]
        return ids, rollouts.notes


def test_trls_file_is_recognised_by_its_columns_and_others_are_plain() -> None:
    schema = trl(["p"], ["c"]).schema
    assert find_format("auto", schema, "f").name == "trl"
    for missing in ("advantage", "my_reward", "prompt"):
        assert find_format("auto", schema.remove(schema.get_field_index(missing)), "f").name == "plain"
    assert find_format("plain", schema, "f").name == "plain"


def test_an_unknown_format_is_a_usage_error_that_lists_the_known() -> None:
    with pytest.raises(UsageError, match="trl, plain"):
        find_format("tlr", pa.schema([]), "f")


def test_a_file_that_two_producers_recognise_is_an_error_that_names_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(FORMATS, "other", Format("other", "another", lambda schema: True))
    with pytest.raises(InputError, match="trl, other") as caught:
        find_format("auto", trl(["p"], ["c"]).schema, "f")
    assert caught.value.code == "ambiguous_format"


@pytest.mark.parametrize("kind", [pa.string(), pa.large_string()], ids=str)
def test_text_prompts_and_completions_score_under_either_string_type(tmp_path: Path, kind: pa.DataType) -> None:
    data = trl(["p", "p"], [RIGHT, WORDY], solution=["B", "B"])
    data = pa.table(
        {name: data[name].cast(kind) if data[name].type == pa.string() else data[name] for name in data.column_names}
    )
    path = write(tmp_path / "completions_00005.parquet", data)
    settings = InputSettings(columns={"gold": "solution"})
    assert medreward.score(path, settings=settings).rewards.tolist() == [2.0, 1.5]


def test_message_completions_score_their_last_assistant_text(tmp_path: Path) -> None:
    completions = [[{"role": "assistant", "content": text}] for text in (RIGHT, WORDY)]
    path = write(tmp_path / "c.parquet", trl([CHAT, CHAT], completions, solution=["B", "B"]))
    settings = InputSettings(columns={"gold": "solution"})
    assert medreward.score(path, settings=settings).rewards.tolist() == [2.0, 1.5]


def test_content_blocks_and_nullable_tool_calls_score_alike(tmp_path: Path) -> None:
    blocks = [{"role": "assistant", "content": [{"type": "text", "text": RIGHT}], "tool_calls": None}]
    called = [
        {"role": "assistant", "content": None, "tool_calls": [{"name": "zoom"}]},
        {"role": "tool", "content": [{"type": "text", "text": "done"}], "tool_calls": None},
        *blocks,
    ]
    path = write(tmp_path / "c.parquet", trl([CHAT, CHAT], [blocks, called], solution=["B", "B"]))
    settings = InputSettings(columns={"gold": "solution"})
    assert medreward.score(path, settings=settings).rewards.tolist() == [2.0, 2.0]


def test_without_a_gold_the_error_says_where_to_get_one(tmp_path: Path) -> None:
    path = write(tmp_path / "c.parquet", trl(["p"], [RIGHT]))
    with pytest.raises(InputError, match="--gold-from") as caught:
        medreward.score(path)
    assert caught.value.code == "missing_column"


def test_group_ids_are_sha256_of_file_step_and_prompt_and_said_to_be_derived(tmp_path: Path) -> None:
    path = write(tmp_path / "completions_00005.parquet", trl(["p", "q", "p"], ["x", "y", "z"]))
    ids, notes = groups(path)
    wanted = hashlib.sha256(json.dumps(["completions_00005.parquet", 5, "p"]).encode()).hexdigest()
    assert ids == [wanted, ids[1], wanted]
    assert ids[1] != wanted
    assert notes == ["group_id is derived: sha256 of prompt, step and file name"]


def test_equal_prompts_of_two_steps_or_two_files_are_two_groups(tmp_path: Path) -> None:
    data = trl(["p", "p"], ["x", "y"]).set_column(0, "step", [[1, 2]])
    one, _ = groups(write(tmp_path / "a.parquet", data))
    two, _ = groups(write(tmp_path / "b.parquet", data))
    assert len({*one, *two}) == 4


def test_prompts_of_messages_are_compared_whole(tmp_path: Path) -> None:
    other = [{"role": "user", "content": "What?"}]
    ids, _ = groups(write(tmp_path / "c.parquet", trl([CHAT, other, CHAT, None], ["x"] * 4)))
    assert ids[0] == ids[2] != ids[1]
    assert ids[3] is None


def pictured(*questions: str) -> list[list[dict[str, Any]]]:
    """Prompts as TRL logs them for models that see: the image itself is not there."""
    return [
        [{"role": "user", "content": [{"type": "image", "text": None}, {"type": "text", "text": question}]}]
        for question in questions
    ]


@pytest.mark.parametrize(
    ("questions", "warned"), [(["a", "a", "b", "b"], False), (["a"] * 4 + ["b", "b", "c", "c"], True)]
)
def test_a_larger_group_with_an_image_in_its_prompt_is_said(tmp_path: Path, questions: list[str], warned: bool) -> None:
    _, notes = groups(write(tmp_path / "c.parquet", trl(pictured(*questions), ["x"] * len(questions))))
    assert any("different images" in note for note in notes) is warned


def test_a_larger_group_of_text_alone_is_nothing_to_say(tmp_path: Path) -> None:
    _, notes = groups(write(tmp_path / "c.parquet", trl(["a"] * 4 + ["b", "b", "c", "c"], ["x"] * 8)))
    assert len(notes) == 1


def test_a_group_id_of_the_files_own_stands(tmp_path: Path) -> None:
    ids, notes = groups(write(tmp_path / "c.parquet", trl(["p"], ["x"], group_id=["mine"])))
    assert (ids, notes) == (["mine"], [])


def test_derived_group_ids_are_written_beside_the_scores(tmp_path: Path) -> None:
    source = write(tmp_path / "c.parquet", trl(["p", "q"], [RIGHT, WORDY], gold=["B", "B"]))
    for columns in ("all", "scores"):
        target = tmp_path / f"{columns}.parquet"
        medreward.rollouts.score_files(source, target, columns=columns)
        assert read(target)["group_id"].to_pylist() == groups(source)[0]


def test_logged_rewards_without_a_prefix_pass_through(tmp_path: Path) -> None:
    source = write(tmp_path / "c.parquet", trl(["p"], [RIGHT], gold=["B"]))
    medreward.rollouts.score_files(source, tmp_path / "out.parquet")
    assert read(tmp_path / "out.parquet")["my_reward"].to_pylist() == [0.5]
