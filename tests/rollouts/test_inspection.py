"""What inspect finds, and that its suggestions are enough."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from medreward.rewards import prompt
from medreward.rollouts import inspect
from medreward_cli.main import main
from tests.rollouts.files import OPTIONS, RIGHT, table, write

PREFILLED = "t</think><answer>B</answer><|im_end|>"


def flags(path: Path) -> list[str]:
    """Every flag suggested for a file, in order."""
    return [flag for suggestion in inspect(path).suggestions for flag in suggestion.flags]


def test_a_plain_file_needs_no_flags_and_is_counted(tmp_path: Path) -> None:
    found = inspect(write(tmp_path / "in.parquet"))
    assert (found.format, found.rows, found.looked_at, found.suggestions, found.problems) == ("plain", 7, 7, [], [])
    assert ("gold", "string", "gold") in found.columns
    assert found.golds == {"null": 1, "most frequent": {"B": 6}, "not null": 6, "name an option": 6}
    assert found.options == {"from": "options", "labels": {"A B C D": 7}}
    assert found.census.tags == {"<think>": 4, "</think>": 4, "<answer>": 5, "</answer>": 5}
    assert found.summary.forms == {"clean": 4, "with_text": 1, "missing": 1}
    assert [sample["answer_form"] for sample in found.samples] == ["clean", "with_text", "clean"]


def test_columns_by_other_names_a_prefill_end_tokens_and_options_in_prompts_are_suggested(tmp_path: Path) -> None:
    data = {"response": [PREFILLED] * 3, "solution": ["Lungs"] * 3, "question": [prompt("Which?", OPTIONS)] * 3}
    path = write(tmp_path / "in.parquet", pa.table(data))
    assert flags(path) == [
        *("--map", "completion=response", "--map", "gold=solution", "--map", "prompt=question"),
        *("--prefill", "<think>\\n", "--end-token", "<|im_end|>", "--options-from", "prompt"),
    ]
    assert main(["score", str(path), *flags(path), "--fail-under", "reward=2"]) == 0


def test_a_file_without_rows_is_said_to_have_none(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["inspect", str(write(tmp_path / "in.parquet", table().slice(0, 0)))]) == 0
    assert "looked at    nothing: the first file has no rows\n" in capsys.readouterr().out


def test_the_prefill_is_what_the_prompts_end_with(tmp_path: Path) -> None:
    data = {"completion": [PREFILLED], "gold": ["B"], "prompt": ["<|im_start|>assistant\n<think>\n\n"]}
    assert flags(write(tmp_path / "in.parquet", pa.table(data)))[:2] == ["--prefill", "<think>\\n\\n"]


def test_prompts_whose_options_cannot_all_be_told_need_a_word_about_the_others(tmp_path: Path) -> None:
    prompts = [prompt("Which?", OPTIONS), prompt("What?", OPTIONS), "no list"]
    data = {"completion": [RIGHT] * 3, "gold": ["B"] * 3, "prompt": prompts}
    assert flags(write(tmp_path / "in.parquet", pa.table(data))) == [
        "--options-from",
        "prompt",
        "--bad-options",
        "none",
    ]


def test_options_in_columns_are_suggested(tmp_path: Path) -> None:
    data = {"completion": [RIGHT], "gold": ["B"], "A": ["x"], "B": ["y"], "C": ["z"]}
    assert flags(write(tmp_path / "in.parquet", pa.table(data))) == ["--options-columns", "A,B,C"]


@pytest.mark.parametrize(("golds", "first"), [([0, 3], "0"), ([1, 4], "1")])
def test_numbered_golds_are_told_from_their_smallest(tmp_path: Path, golds: list[int], first: str) -> None:
    data = {"completion": [RIGHT] * 2, "gold": golds, "options": [OPTIONS] * 2}
    path = write(tmp_path / "in.parquet", pa.table(data))
    assert flags(path) == ["--gold-index", first]
    assert inspect(path).golds["name an option"] == 2


def test_golds_that_are_a_label_and_a_text_need_to_be_told(tmp_path: Path) -> None:
    data = {"completion": [RIGHT], "gold": ["A"], "options": [["B", "A"]]}
    assert flags(write(tmp_path / "in.parquet", pa.table(data))) == ["--gold-as", "label"]


def test_golds_that_name_no_option_are_counted(tmp_path: Path) -> None:
    path = write(tmp_path / "in.parquet", table().set_column(4, "gold", [["Kidney"] * 6 + ["B"]]))
    assert inspect(path).golds["name an option"] == 1


def test_trls_file_asks_for_golds_and_says_what_was_derived(tmp_path: Path) -> None:
    data = {"step": [1], "prompt": ["p"], "completion": [RIGHT], "f": [0.5], "advantage": [0.0]}
    found = inspect(write(tmp_path / "in.parquet", pa.table(data)))
    assert found.format == "trl"
    assert found.suggestions[0].flags == ("--gold-from", "FILE", "--on", "COLUMN")
    assert "derived" in found.notes[0]
    assert ("f", "double", "logged number") in found.columns


@pytest.mark.parametrize("data", [{"x": [1]}, {"completion": [1.5]}, {"completion": pa.array([], pa.string())}])
def test_what_cannot_be_scored_is_a_problem_and_no_crash(tmp_path: Path, data: dict[str, Any]) -> None:
    path = write(tmp_path / "in.parquet", pa.table(data))
    assert main(["inspect", str(path)]) == 0
    assert inspect(path).to_dict()["looked_at"] == len(data[next(iter(data))])


def test_the_command_prints_or_gives_json(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = write(tmp_path / "in.parquet", table().append_column("evil", [["\x1b[31m"] * 7]))
    assert main(["inspect", str(path)]) == 0
    out = capsys.readouterr().out
    assert "\x1b" not in out
    assert f"next: medreward score {path}" in out
    assert "row 1: '<think>t</think><answer>B, a mass.</answer>'\n  answer B (with_text), gold B" in out
    assert main(["inspect", str(path), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["rows"] == 7


def test_a_template_tells_the_prefill(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "chat_template.jinja"
    file.write_text("{% if add_generation_prompt %}{{ '<|a|><think>\\n' }}{% endif %}")
    for place in (file, tmp_path):
        assert main(["inspect", "--template", str(place)]) == 0
        assert capsys.readouterr().out == "template     --prefill '<think>\\n'\n"
    assert main(["inspect", "--template", str(file), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["template"]["prefill"] == "<think>\n"
    assert main(["inspect"]) == 2
    assert main(["inspect", "--template", str(tmp_path / "none")]) == 3


def test_the_command_scores_what_was_named_and_not_its_first_file_alone(tmp_path: Path) -> None:
    for name in "ab":
        write(tmp_path / f"{name}.parquet", table())
    assert inspect(tmp_path).command == f"medreward score {tmp_path}"


LETTERED = {"opa": ["x", "y"], "opb": ["z", "w"]}


@pytest.mark.parametrize(
    ("data", "flags"),
    [
        ({"gold": ["0", "1"], **LETTERED}, "--options-columns A=opa,B=opb --gold-index 0"),
        ({"gold": ["1", "2"], "options": [["x", "y"]] * 2}, "--gold-index 1"),
        ({"gold": ["1", "2"], "options": [["1", "2"]] * 2}, ""),
        (
            {"gold": ["B", "A"], "option_a": ["x", "y"], "option_b": ["z", "w"]},
            "--options-columns A=option_a,B=option_b",
        ),
        ({"gold": ["B", "A"], "opb": ["x", "y"]}, ""),
    ],
)
def test_golds_and_options_are_suggested_as_they_stand(tmp_path: Path, data: dict[str, Any], flags: str) -> None:
    path = write(tmp_path / "in.parquet", pa.table({"completion": ["<think>t</think><answer>A</answer>"] * 2, **data}))
    found = inspect(path)
    assert found.command == f"medreward score {path} {flags}".strip()
    assert main([*found.command.split()[1:], "--reward", "mcq"]) == 0


def test_conversations_are_completions_and_texts_without_tags_are_read_whole(tmp_path: Path) -> None:
    said = [[{"role": "user", "content": "Q"}, {"role": "assistant", "content": "The answer is B"}]]
    path = write(tmp_path / "in.parquet", pa.table({"messages": said, "gold": ["B"]}))
    assert inspect(path).command == f"medreward score {path} --map completion=messages --read text"


def test_golds_that_name_no_option_are_a_problem(tmp_path: Path) -> None:
    rows = {"completion": ["<answer>A</answer>"] * 2, "gold": ["A", "C"], "options": [["x", "y"]] * 2}
    found = inspect(write(tmp_path / "in.parquet", pa.table(rows)))
    assert found.problems[0].startswith("1 of 2 golds name no option")
