"""How completions and options of a batch are read, as the settings say."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

import medreward
from medreward import AnswerLetter, Document, InputSettings, TagSet
from medreward.errors import InputError
from medreward.rewards import prompt
from medreward.rollouts import explain_row
from medreward.scoring.rows import read_options
from medreward_cli.main import main
from tests.rollouts.files import OPTIONS, RIGHT, write

PREFILLED = "t</think><answer>B</answer>"


def rewards(data: dict[str, Any], **settings: Any) -> list[float]:
    """What rows earn."""
    return [float(reward) for reward in medreward.score(data, settings=InputSettings(**settings)).rewards]


def test_a_prefill_stands_before_every_completion_and_is_recorded() -> None:
    data = {"completion": [PREFILLED, RIGHT], "gold": ["B", "B"]}
    assert rewards(data) == [1.0, 2.0]
    assert rewards(data, prefill="<think>\n") == [2.0, 1.0]
    scores = medreward.score(data, settings=InputSettings(prefill="<think>\n"))
    known = json.loads((scores.to_arrow().schema.metadata or {})[b"medreward.input"])
    assert known["prefill"] == "<think>\n"
    assert scores.to_arrow()["completion"].to_pylist() == [PREFILLED, RIGHT]


def test_end_tokens_are_cut_from_the_end_alone() -> None:
    data = {"completion": [f"{RIGHT}<|im_end|>\n", f"{RIGHT}<|im_end|> more"], "gold": ["B", "B"]}
    assert rewards(data) == [1.0, 1.0]
    assert rewards(data, end_tokens=("<|im_end|>",)) == [2.0, 1.0]


def test_a_gold_may_stand_in_answer_tags_whatever_the_reward_calls_them() -> None:
    document = Document(tags=TagSet(answer="final"), reward=AnswerLetter())
    data = {"completion": ["<final>B</final>"] * 3, "gold": ["<answer>B</answer>", "<final>B</final>", "B"]}
    assert medreward.score(data, document).rewards.tolist() == [1.0, 1.0, 1.0]


def test_a_gold_that_is_a_label_and_another_options_text_is_refused_in_lists_and_maps() -> None:
    options: list[Any] = [
        ["lung", "A"],
        {"A": "lung", "B": "A"},
        {"A": "lung", "B": "  A "},
        ["Lung", "a"],
        ["spleen", "      A      "],
    ]
    for cell in options:
        with pytest.raises(InputError) as raised:
            rewards({"completion": [RIGHT], "gold": ["A"], "options": [cell]})
        assert raised.value.code == "ambiguous_gold"
    assert rewards({"completion": [RIGHT], "gold": ["A"], "options": [{"A": "A", "B": "lung"}]}) == [1.0]


def test_a_gold_names_no_null_at_the_end_of_a_list() -> None:
    for cell in (["heart", None], ["heart", None, None]):
        with pytest.raises(InputError) as raised:
            rewards({"completion": [RIGHT], "gold": ["B"], "options": [cell]})
        assert raised.value.code == "bad_gold"
        with pytest.raises(InputError) as raised:
            medreward.score_one(RIGHT, gold="B", options=cell)
        assert raised.value.code == "bad_gold"
    assert rewards({"completion": [RIGHT], "gold": ["B"], "options": [[None, "lung", None]]}) == [2.0]
    assert medreward.score_one(RIGHT, gold="B", options=[None, "lung", None]) == 2.0


def test_one_completion_is_read_as_the_settings_say_too() -> None:
    settings = InputSettings(prefill="<think>", end_tokens=("</s>",))
    assert medreward.score_one(f"{PREFILLED}</s>", gold="B", settings=settings) == 2.0
    assert medreward.explain(f"{PREFILLED}</s>", gold="B", settings=settings).completion == f"<think>{PREFILLED}"


def test_conversations_score_the_last_thing_the_assistant_said() -> None:
    asked = {"role": "user", "content": "?"}
    data = {"completion": [[{"role": "assistant", "content": RIGHT}], [asked]], "gold": ["B", "B"]}
    assert [*map(str, rewards(data))] == ["2.0", "nan"]


def test_conversations_of_texts_and_of_blocks_may_stand_in_one_column() -> None:
    blocks = [{"role": "assistant", "content": [{"type": "text", "text": RIGHT}]}]
    data = {"completion": [[{"role": "assistant", "content": RIGHT}], blocks], "gold": ["B", "B"]}
    assert rewards(data) == [2.0, 2.0]


def test_options_in_columns_are_offered_under_the_columns_names() -> None:
    data = {"completion": [RIGHT, RIGHT], "gold": ["Lungs", "B"], "A": ["Heart", "x"], "B": ["Lungs", None]}
    with pytest.raises(InputError, match="'A': 'x'") as caught:
        rewards(data, options_columns=["A", "B"])
    assert caught.value.code == "bad_gold"
    assert rewards(data, options_columns=["A", "B"], bad_gold="null")[0] == 2.0


def test_option_columns_of_other_names_need_their_labels() -> None:
    data = {"completion": [RIGHT], "gold": ["Lungs"], "opa": ["Heart"], "opb": ["Lungs"]}
    assert rewards(data, options_columns={"A": "opa", "B": "opb"}) == [2.0]
    assert rewards(data, options_columns=["A=opa", "B=opb"]) == [2.0]
    with pytest.raises(ValueError, match="A=opa"):
        InputSettings(options_columns=["opa", "opb"])


def test_option_columns_of_whole_numbers_are_written_out() -> None:
    data = {"completion": ["<think>t</think><answer>B</answer>"], "gold": ["12"], "A": [3], "B": [12]}
    assert rewards(data, options_columns=["A", "B"]) == [2.0]
    assert rewards({**data, "options": [[3, 12]]}) == [2.0]


def test_a_missing_option_column_is_an_error() -> None:
    with pytest.raises(InputError, match="'C'") as caught:
        rewards({"completion": [RIGHT], "gold": ["A"], "A": ["x"]}, options_columns=["A", "C"])
    assert caught.value.code == "missing_column"


def asked(texts: list[str]) -> list[dict[str, str]]:
    """A conversation that ends with the paper's prompt."""
    return [{"role": "system", "content": "(A) p (B) q"}, {"role": "user", "content": prompt("Which?", texts)}]


@pytest.mark.parametrize("chat", [False, True])
def test_options_are_read_out_of_prompts_text_or_conversation(chat: bool) -> None:
    prompts: list[Any] = [asked(OPTIONS), asked(["Lungs", "Heart"]), asked(OPTIONS)]
    if not chat:
        prompts = [messages[1]["content"] for messages in prompts]
    data = {"completion": [RIGHT] * 3, "gold": ["Lungs"] * 3, "prompt": prompts}
    assert rewards(data, options_from="prompt") == [2.0, 1.0, 2.0]


def test_a_prompt_whose_options_cannot_be_told_is_an_error_or_has_none() -> None:
    data = {"completion": [RIGHT] * 3, "gold": ["B"] * 3, "prompt": [prompt("Which?", OPTIONS), "Which? (B) x", None]}
    with pytest.raises(InputError, match=r"2 rows[\s\S]*row 1: 'Which\? \(B\) x'[\s\S]*row 2: no prompt") as caught:
        rewards(data, options_from="prompt")
    assert caught.value.code == "no_options_in_prompt"
    assert rewards(data, options_from="prompt", bad_options="none") == [2.0, 2.0, 2.0]


def test_a_row_of_a_file_is_explained_with_the_options_of_its_prompt(tmp_path: Path) -> None:
    table = pa.table({"completion": [RIGHT], "gold": ["Heart"], "prompt": [prompt("Which?", ["x", "Heart"])]})
    path = write(tmp_path / "in.parquet", table)
    assert explain_row(path, 0, settings=InputSettings(options_from="prompt")).reward == 2.0


def test_the_commands_flags_say_the_same(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    table = pa.table({"completion": [f"{PREFILLED}</s>"], "gold": ["Lungs"], "opa": ["Heart"], "opb": ["Lungs"]})
    path = write(tmp_path / "in.parquet", table)
    flags = ["--options-columns", "A=opa,B=opb", "--prefill", "<think>\\n", "--end-token", "</s>", "--json"]
    assert main(["score", str(path), *flags]) == 0
    assert json.loads(capsys.readouterr().out)["summary"]["means"]["reward"] == 2.0
    assert main(["score", str(path), "--options-columns", "opa,opb"]) == 2
    assert "A=opa" in capsys.readouterr().err
    assert main(["score", str(path), "--options-columns", "A=opa", "--options-from", "prompt"]) == 2
    assert main(["score", str(path), "--format", "tlr"]) == 2


@pytest.mark.parametrize(
    ("written", "offered"),
    [
        ("['Heart', 'Lungs']", {"A": "Heart", "B": "Lungs"}),
        ("""["Crohn's", 'say "x"',]""", {"A": "Crohn's", "B": 'say "x"'}),
        (r"""['it\'s', 'a\\b', 'l\u00fcng']""", {"A": "it's", "B": "a\\b", "C": "l\u00fcng"}),
        ("{'C': 'Heart', 'D': None}", {"C": "Heart", "D": None}),
        (" [ ] ", {}),
    ],
)
def test_options_may_be_written_as_python_writes_them(written: str, offered: dict[str, str | None]) -> None:
    batch = pa.RecordBatch.from_pydict({"options": [written]})
    found = read_options(batch, InputSettings())
    assert found is not None
    assert dict(found.to_pylist()[0]) == offered
