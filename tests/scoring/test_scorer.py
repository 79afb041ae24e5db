"""The scorer: one meaning whatever holds the rows, however they are cut, and whoever asks."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from medreward import PRESETS, InputError, InputSettings, Scorer, UsageError, score_one
from tests import hostile

OPTIONS = ["Heart", "Lungs", "Liver", "Spleen"]
COLUMNS: dict[str, list[Any]] = {
    "completion": ["<think>t</think><answer>B</answer>", None, "B", "<think>t</think> <answer>C) Liver</answer>", ""],
    "gold": ["B", "B", "B", "Liver", None],
    "options": [OPTIONS, OPTIONS, None, OPTIONS, []],
    "group_id": ["q1", "q1", "q1", "q2", "q2"],
    "step": [1, 1, 1, 2, 2],
    "note": ["a", "b", "c", "d", "e"],
}
REWARDS = [2.0, None, 0.0, 1.5, None]
SCHEMA = pa.schema(
    [
        ("completion", pa.string()),
        ("gold", pa.string()),
        ("options", pa.list_(pa.string())),
        ("group_id", pa.string()),
        ("step", pa.int64()),
        ("note", pa.string()),
    ]
)
TABLE = pa.table(COLUMNS, SCHEMA)
NAMES = ["reward", "reward_format", "reward_accuracy", "answer", "answer_form", "answer_reason", "flaws"]


def with_text(kind: pa.DataType) -> pa.Table:
    """The table with its text columns in another Arrow type."""
    table = TABLE
    for name in ("completion", "gold"):
        table = table.set_column(table.schema.get_field_index(name), name, table[name].cast(kind))
    return table


def as_dictionary() -> pa.Table:
    """The table with dictionary-encoded text."""
    table = TABLE
    for name in ("completion", "gold"):
        table = table.set_column(table.schema.get_field_index(name), name, table[name].dictionary_encode())
    return table


class Capsule:
    """Something that only speaks the Arrow PyCapsule interface for one array."""

    def __arrow_c_array__(self, requested_schema: object = None) -> Any:
        return TABLE.to_batches()[0].__arrow_c_array__(requested_schema)


INPUTS: dict[str, Callable[[], Any]] = {
    "mapping": lambda: COLUMNS,
    "table": lambda: TABLE,
    "batch": lambda: TABLE.to_batches()[0],
    "reader": lambda: TABLE.to_reader(2),
    "chunked table": lambda: pa.concat_tables([TABLE.slice(0, 2), TABLE.slice(2, 0), TABLE.slice(2)]),
    "sliced table": lambda: pa.concat_tables([TABLE, TABLE, TABLE]).combine_chunks().slice(5, 5),
    "large_string": lambda: with_text(pa.large_string()),
    "string_view": lambda: with_text(pa.string_view()),
    "dictionary": as_dictionary,
    "pandas": TABLE.to_pandas,
    "polars": lambda: pl.DataFrame(TABLE),
    "one array capsule": Capsule,
    "options as a map": lambda: TABLE.set_column(
        2,
        "options",
        pa.array(
            [[*zip("ABCD", OPTIONS, strict=True)] if row else None for row in COLUMNS["options"]],
            pa.map_(pa.string(), pa.string()),
        ),
    ),
    "options as a struct": lambda: TABLE.set_column(
        2, "options", pa.array([dict(zip("ABCD", OPTIONS, strict=True)) if row else None for row in COLUMNS["options"]])
    ),
    "options as a large list": lambda: TABLE.set_column(
        2, "options", TABLE["options"].cast(pa.large_list(pa.large_string()))
    ),
}


@pytest.mark.parametrize("name", INPUTS)
def test_rows_score_the_same_whatever_holds_them(name: str) -> None:
    scores = Scorer("medvlm-r1").score(INPUTS[name]())
    assert scores.table["reward"].to_pylist() == REWARDS
    assert scores.table["answer"].to_pylist() == ["B", None, None, "C", None]
    assert scores.table["answer_form"].to_pylist() == ["clean", None, "missing", "with_text", "missing"]
    assert scores.table["answer_reason"].to_pylist() == [None] * 5
    assert scores.table["flaws"].to_pylist()[:2] == [[], []]
    assert scores.table["flaws"].to_pylist()[2] == ["missing_open", "missing_close", "stray_before"]


def test_output_is_the_input_in_order_and_then_the_scores() -> None:
    table = Scorer().score(TABLE).to_arrow()
    assert table.column_names == [*COLUMNS, *NAMES]
    assert table.select(list(COLUMNS)).to_pylist() == TABLE.to_pylist()
    assert table.schema.field("reward").type == pa.float64()
    assert table.schema.field("flaws").type == pa.list_(pa.string())
    metadata = table.schema.metadata
    assert metadata[b"medreward.rows"] == b"5"
    assert metadata[b"medreward.digest"].decode() == PRESETS["medvlm-r1"].document.digest


def test_score_columns_alone_come_with_row_group_and_step() -> None:
    table = Scorer().score(TABLE).to_arrow("scores")
    assert table.column_names == ["row", "group_id", "step", *NAMES]
    assert table["row"].to_pylist() == [0, 1, 2, 3, 4]


def test_scores_come_as_a_frame_a_capsule_and_html() -> None:
    scores = Scorer().score(TABLE)
    frame = scores.to_pandas()
    assert isinstance(frame, pd.DataFrame)
    assert frame["reward_format"].tolist()[0] == 1.0
    assert pl.DataFrame(scores)["reward"].to_list() == REWARDS
    assert "<table>" in scores._repr_html_()
    assert "5 rows" in repr(scores)


def test_html_escapes_what_models_and_columns_say() -> None:
    scores = Scorer(prefix="<b>").score(TABLE)
    assert "<b>" not in scores._repr_html_()


def test_the_summary_counts_by_hand() -> None:
    summary = Scorer().score(TABLE).summary
    assert summary.to_dict()["rows"] == 5
    assert summary.null_completions == 1
    assert summary.null_rewards == 2
    assert summary.well_formed == 2
    assert summary.means["reward"].value == (2.0 + 0.0 + 1.5) / 3
    assert summary.means["reward_format"].value == (1 + 0 + 1 + 0) / 4
    assert summary.to_dict()["rewards"] == {"0": 1, "1.5": 1, "2": 1}
    assert summary.to_dict()["forms"] == {"missing": 2, "clean": 1, "with_text": 1}


def test_a_summary_of_parts_added_up_is_the_summary_of_the_whole() -> None:
    whole, first, second = (Scorer().score(part).summary for part in (TABLE, TABLE.slice(0, 2), TABLE.slice(2)))
    first.add(second)
    assert first == whole


@given(hostile.tables(), st.data())
def test_slices_chunks_and_order_change_nothing(texts: list[str | None], data: st.DataObject) -> None:
    golds = data.draw(st.lists(st.sampled_from(["A", "B", "C"]), min_size=len(texts), max_size=len(texts)))
    cuts = sorted(data.draw(st.lists(st.integers(0, len(texts)), max_size=3)))
    order = data.draw(st.permutations(range(len(texts))))
    table = pa.table({"completion": pa.array(texts, pa.string()), "gold": pa.array(golds, pa.string())})
    scorer = Scorer("mcq")
    whole = scorer.score(table).table.to_pylist()
    edges = [0, *cuts, len(texts)]
    parts = [table.slice(a, b - a) for a, b in pairwise(edges)]
    assert scorer.score(pa.concat_tables(parts)).table.to_pylist() == whole
    assert scorer.score(table.take(pa.array(order, pa.int64()))).table.to_pylist() == [whole[i] for i in order]


@given(hostile.tables(), st.sampled_from(["medvlm-r1", "medvlm-r1-code", "medvlm-r1-eval", "mcq"]))
def test_one_completion_scores_as_it_does_in_a_table(texts: list[str | None], name: str) -> None:
    table = {"completion": texts, "gold": ["B"] * len(texts), "options": [OPTIONS] * len(texts)}
    many = Scorer(name).score(table).table["reward"].to_pylist() if texts else []
    assert [score_one(text, "B", OPTIONS, name) for text in texts] == many


@given(st.text(st.characters(codec=None), max_size=20))
def test_any_python_string_scores(text: str) -> None:
    for name in PRESETS:
        assert score_one(f"<think>{text}</think><answer>{text}</answer>", "B", OPTIONS, name) is not None


def test_lone_surrogates_score_and_are_flagged() -> None:
    text = "<think>\ud800</think><answer>B</answer>"
    for data in (
        {"completion": [text], "gold": ["B"]},
        pd.DataFrame({"completion": [text], "gold": ["B"]}, dtype=object),
    ):
        row = Scorer().score(data).table.to_pylist()[0]
        assert row["reward"] == 2.0
        assert row["flaws"] == ["invalid_utf8"]


@pytest.mark.parametrize(
    "text",
    [
        "x" * 10_000_000,
        "<think>" * 1_000_000,
        "<answer>" * 300_000 + "B" + "</answer>" * 300_000,
        "<think>t</think><answer>B</answer>" * 200_000 + "x",
        "\u3000" * 1_000_000,
        "<think>t</think><answer>" + "B " * 1_000_000 + "</answer>",
        "\0<think>\0</think>\0<answer>\0</answer>\0",
        "\u202e<think>\u05d0</think><answer>B</answer>",
        "<" * 3_000_000,
    ],
    ids=[
        "10 MB",
        "a million tags",
        "nested",
        "blocks",
        "ideographic spaces",
        "long answer",
        "NUL",
        "right to left",
        "angles",
    ],
)
def test_monstrous_text_scores(text: str) -> None:
    scores = Scorer("mcq").score({"completion": [text, "<think>t</think><answer>B</answer>"], "gold": ["B", "B"]})
    assert 0.0 <= scores.rewards[0] <= 1.5
    assert scores.rewards[1] == 2.0


def test_an_empty_table_scores() -> None:
    scores = Scorer().score(TABLE.slice(0, 0))
    assert scores.to_arrow().column_names == [*COLUMNS, *NAMES]
    assert str(scores.summary).startswith("rows")


@pytest.mark.parametrize(
    ("data", "code", "words"),
    [
        ({"text": ["a"]}, "missing_column", "text"),
        ({"completion": ["a"]}, "missing_column", "gold"),
        ({"completion": [1], "gold": ["A"]}, "column_type", "int64"),
        ({"completion": [["a"]], "gold": ["A"]}, "column_type", "list"),
        ({"completion": ["a"], "gold": [1]}, "gold_type", "gold-index"),
        ({"completion": ["a"], "gold": [1.5]}, "column_type", "double"),
        ({"completion": ["a"], "gold": ["A"], "options": ["A, B"]}, "options_type", "string"),
        ({"completion": ["a"], "gold": ["A"], "options": [["x"] * 27]}, "too_many_options", "27"),
        ({"completion": ["a", "b"], "gold": ["A"]}, "bad_column", "completion: 2"),
        ({"completion": ["a", "b"], "gold": ["A", "E"], "options": [OPTIONS] * 2}, "bad_gold", "row 1: gold 'E'"),
        ({"completion": ["a"], "gold": ["A"], "options": [["B", "A", "O"]]}, "ambiguous_gold", "--gold-as"),
        ({"completion": ["a"], "gold": ["x"], "options": [["x", "x"]]}, "bad_gold", "row 0"),
        (3, "data_type", "int"),
    ],
)
def test_wrong_data_is_an_error_that_says_what_and_where(data: Any, code: str, words: str) -> None:
    with pytest.raises(InputError) as caught:
        Scorer().score(data)
    assert caught.value.code == code
    assert words in str(caught.value)
    assert caught.value.exit_code == 3


def test_a_path_is_not_data() -> None:
    with pytest.raises(UsageError, match="memory"):
        Scorer().score("rollouts.parquet")


@pytest.mark.parametrize(
    ("golds", "settings", "expected"),
    [
        (["B", "b", " B ", "<answer> B </answer>", "Lungs", "lungs ", "<answer>LUNGS</answer>"], {}, [1.0] * 7),
        (["A", "C"], {}, [0.0, 0.0]),
        ([1, 2, None], {"gold_index": 0}, [1.0, 0.0, None]),
        ([1, 2], {"gold_index": 1}, [0.0, 1.0]),
        (["1", "2"], {"gold_index": 1}, [0.0, 1.0]),
        (["E", "B"], {"bad_gold": "null"}, [None, 1.0]),
        (["Lungs", "B"], {"gold_as": "label", "bad_gold": "null"}, [None, 1.0]),
        (["Lungs", "B"], {"gold_as": "text", "bad_gold": "null"}, [1.0, None]),
        ([None], {}, [None]),
    ],
)
def test_golds_are_labels_answer_strings_texts_or_numbers(
    golds: list[Any], settings: Any, expected: list[float | None]
) -> None:
    data = {"completion": ["<answer>B</answer>"] * len(golds), "gold": golds, "options": [OPTIONS] * len(golds)}
    scores = Scorer("medvlm-r1", settings=InputSettings(**settings)).score(data)
    assert scores.table["reward_accuracy"].to_pylist() == expected


@pytest.mark.parametrize(("gold_as", "expected"), [("label", [1.0, 0.0]), ("text", [0.0, 1.0])])
def test_blood_groups_need_to_be_told_apart(gold_as: Any, expected: list[float]) -> None:
    data = {
        "completion": ["<answer>A</answer>", "<answer>B</answer>"],
        "gold": ["A", "A"],
        "options": [["B", "A", "O"]] * 2,
    }
    scores = Scorer(settings=InputSettings(gold_as=gold_as)).score(data)
    assert scores.table["reward_accuracy"].to_pylist() == expected


def test_columns_go_by_other_names() -> None:
    data = {"response": ["<answer>B</answer>"], "solution": ["B"]}
    scorer = Scorer(settings=InputSettings(columns={"completion": "response", "gold": "solution"}))
    assert scorer.score(data).table["reward_accuracy"].to_pylist() == [1.0]


def test_foreign_columns_are_never_overwritten_and_own_ones_are_replaced() -> None:
    foreign = TABLE.append_column("reward", pa.array(np.zeros(5)))
    with pytest.raises(InputError) as caught:
        Scorer().score(foreign).to_arrow()
    assert caught.value.code == "column_taken"
    assert Scorer(prefix="new_").score(foreign).to_arrow().column_names[-7:] == [f"new_{name}" for name in NAMES]
    again = Scorer("mcq").score(Scorer().score(TABLE).to_arrow()).to_arrow()
    assert again.column_names == [*COLUMNS, *NAMES]


def test_golds_that_no_rule_looks_at_cannot_fail() -> None:
    from medreward import TagPresence

    scores = Scorer(TagPresence()).score({"completion": ["a"], "gold": ["no such option"]})
    assert scores.table["reward"].to_pylist() == [0.0]


def test_labels_beyond_letters_come_from_a_map() -> None:
    options = pa.array([[("i", "Heart"), ("ii", "Lungs")]] * 2, pa.map_(pa.string(), pa.string()))
    table = pa.table(
        {"completion": ["<answer>ii</answer>", "<answer>I</answer>"], "gold": ["ii", "Lungs"], "options": options}
    )
    scores = Scorer().score(table)
    assert scores.table["answer"].to_pylist() == ["ii", "i"]
    assert scores.table["reward_accuracy"].to_pylist() == [1.0, 0.0]


def test_many_rows_with_many_distinct_options_are_scored_row_by_row_alike() -> None:
    rows = 300
    options = [[f"text {i}", f"other {i % 7}", "third", None][: 2 + i % 3] for i in range(rows)]
    bodies = [["A", "B) other", f"text {i}", "third", f"other {i % 7}", "(b)"][i % 6] for i in range(rows)]
    texts = [f"<think>t</think><answer>{body}</answer>" for body in bodies]
    table: dict[str, list[Any]] = {"completion": texts, "gold": ["A"] * rows, "options": options}
    many = Scorer().score(table).table
    one = [
        Scorer().score({name: [column[i]] for name, column in table.items()}).table.to_pylist()[0] for i in range(rows)
    ]
    assert many.to_pylist() == one
