"""The scorer: one meaning whatever holds the rows, however they are cut, and whoever asks."""

from __future__ import annotations

import pickle
from collections import Counter
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

from medreward import (
    PRESETS,
    AnswerLetter,
    Constant,
    Document,
    Gate,
    InputError,
    InputSettings,
    Scorer,
    TagPresence,
    TagSet,
    UsageError,
    score_one,
)
from medreward.scoring import inputs
from tests import hostile
from tests.libraries import PLAIN_PRESETS

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
    assert metadata[b"medreward.preset"] == b"medvlm-r1"


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


def test_html_is_escaped(monkeypatch: pytest.MonkeyPatch) -> None:
    scores = Scorer().score(TABLE)
    monkeypatch.setattr(scores.summary, "forms", Counter({"<b>": 1}))
    assert "&lt;b&gt; 1" in scores._repr_html_()
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
    for name in PLAIN_PRESETS:
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
        ({"completion": ["a"], "gold": [1.5]}, "gold_type", "double"),
        ({"completion": ["a"], "gold": [True]}, "gold_type", "bool"),
        ({"completion": "abc", "gold": ["A"]}, "bad_column", "'abc'"),
        (pa.array(["a"]), "data_type", "Array"),
        ({"completion": ["a"], "gold": ["A"], "options": [{"A": 1}]}, "options_type", "struct"),
        ({"completion": ["a"], "gold": ["A"], "options": [[["x"]]]}, "options_type", "list"),
        ({"completion": ["a"], "gold": ["A"], "options": ["A, B"]}, "options_text", "prompt=options"),
        ({"completion": ["a"], "gold": ["A"], "options": ['["x", 2]']}, "options_text", "list of strings"),
        ({"completion": ["a"], "gold": ["A"], "options": ["['x' 'y']"]}, "options_text", "list of strings"),
        ({"completion": ["a"], "gold": ["A"], "options": ["{None: 'y'}"]}, "options_text", "list of strings"),
        ({"completion": ["a"], "gold": ["A"], "options": ["['x', 2]"]}, "options_text", "list of strings"),
        ({"completion": ["a"], "gold": ["A"], "options": ["['\\d']"]}, "options_text", "list of strings"),
        ({"completion": ["a"], "gold": ["A"], "options": ["[__import__('os')]"]}, "options_text", "list of strings"),
        ({"completion": ["a"], "gold": ["A"], "options": ["[" * 100_000]}, "options_text", "row 0"),
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


def test_options_written_as_json_are_those_of_a_list_or_a_map() -> None:
    texts = ['["Heart", "Lungs"]', '{"a": "Heart", "b": "Lungs"}', "", None, "[]"]
    data = {
        "completion": ["<answer>Lungs</answer>"] * 3 + ["<answer>B</answer>"] * 2,
        "gold": ["B", "b", "B", "B", "B"],
    }
    scores = Scorer("mcq").score({**data, "options": texts})
    assert scores.to_arrow()["answer"].to_pylist() == ["B", "b", None, "B", "B"]


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


@pytest.mark.parametrize("name", INPUTS)
@pytest.mark.parametrize(("rows", "size"), [(1, 1 << 24), (2, 1 << 24), (3, 50), (8192, 1), (8192, 40)])
def test_small_parts_change_nothing(monkeypatch: pytest.MonkeyPatch, name: str, rows: int, size: int) -> None:
    monkeypatch.setattr(inputs, "MAX_ROWS", rows)
    monkeypatch.setattr(inputs, "MAX_BYTES", size)
    scores = Scorer("medvlm-r1").score(INPUTS[name]())
    assert scores.table["reward"].to_pylist() == REWARDS
    assert scores.table["answer"].to_pylist() == ["B", None, None, "C", None]


@pytest.mark.parametrize("rows", [1, 2, 8192])
def test_the_row_of_a_wrong_gold_is_counted_from_the_beginning_of_the_table(
    monkeypatch: pytest.MonkeyPatch, rows: int
) -> None:
    monkeypatch.setattr(inputs, "MAX_ROWS", rows)
    table = pa.table({"completion": ["x"] * 7, "gold": [*"AAAAA", "K", "A"]})
    with pytest.raises(InputError, match="row 5: gold 'K'"):
        Scorer().score(pa.concat_tables([table.slice(0, 3), table.slice(3)]))


@pytest.mark.parametrize("kind", [pa.string(), pa.string_view(), pa.dictionary(pa.int8(), pa.string())])
def test_parts_hold_as_many_bytes_as_they_may_whatever_the_layout(kind: pa.DataType) -> None:
    texts = ["x" * 1000] * 10 + [None, "y" * 5000, ""]
    array = pa.array(["pad", *texts], pa.string()).cast(kind).slice(1)
    batch = pa.record_batch({"completion": array})
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(inputs, "MAX_BYTES", 3000)
        found = [(at, part.num_rows) for at, part in inputs.slices(batch, "completion")]
    assert found == [(0, 3), (3, 3), (6, 3), (9, 2), (11, 1), (12, 1)]


def test_one_long_text_that_many_rows_share_scores() -> None:
    shared = pa.DictionaryArray.from_arrays(pa.array([0] * 3000, pa.int32()), ["<answer>B</answer>" + "x" * 100_000])
    scores = Scorer().score(pa.table({"completion": shared, "gold": ["B"] * 3000}))
    assert scores.column("reward_accuracy").tolist() == [1.0] * 3000


def test_totals_that_look_alike_are_counted_together() -> None:
    tidy = "<think>t</think><answer>B</answer>"
    close = Gate(condition=TagPresence(), then=Constant(value=0.3), otherwise=Constant(value=0.1) + Constant(value=0.2))
    zeros = Gate(condition=TagPresence(), then=Constant(value=0.0), otherwise=-TagPresence())
    for reward, expected in ((close, {"0.3": 5}), (zeros, {"0": 5})):
        summary = Scorer(reward).score({"completion": [tidy, tidy, "x", "x", "x"]}).summary
        assert summary.to_dict()["rewards"] == expected
        assert sum(summary.rewards.values()) == 5


@pytest.mark.parametrize(
    ("gold", "text"), [("I A", "I            A"), ("akkkkb", "a\u212a\u212a\u212a\u212ab"), ("akb", "a\u212ab")]
)
def test_an_ambiguous_gold_is_found_where_the_text_is_written_far_longer(gold: str, text: str) -> None:
    row = {"completion": ["x"], "gold": [gold], "options": [{gold: "some long text", "B": text}]}
    with pytest.raises(InputError) as caught:
        Scorer().score(row)
    assert caught.value.code == "ambiguous_gold"


def test_flaws_are_about_the_tags_the_reward_names_in_its_order() -> None:
    assert Scorer(AnswerLetter()).score({"completion": ["<answer>B</answer>"], "gold": ["B"]}).summary.well_formed == 1
    tags = TagSet(others=("plan",))
    document = Document(tags=tags, reward=TagPresence(tags=("plan", "think", "answer")))
    row = "<plan>p</plan><think>t</think><answer>B</answer>"
    scores = Scorer(document).score({"completion": [row, row[14:] + row[:14]]})
    assert scores.rewards.tolist() == [1.0, 0.0]
    assert scores.table["flaws"].to_pylist() == [[], ["wrong_order"]]


@pytest.mark.parametrize("options", [["    B    ", "    A    "], ["b", "\u3000a"], ["B", "A\n"]])
def test_an_ambiguous_gold_is_found_however_the_texts_are_padded(options: list[str]) -> None:
    with pytest.raises(InputError) as caught:
        Scorer().score({"completion": ["x"], "gold": ["A"], "options": [options]})
    assert caught.value.code == "ambiguous_gold"


def test_a_wrong_number_is_shown_whatever_its_type() -> None:
    for golds in ([1.0, None, 7.0], [1, None, 7], ["1", None, "7"]):
        data = {"completion": ["x"] * 3, "gold": golds, "options": [["p", "q"]] * 3}
        with pytest.raises(InputError, match=r"row 2: gold '7(\.0)?'"):
            Scorer(settings=InputSettings(gold_index=0)).score(pd.DataFrame(data) if golds[0] == 1.0 else data)
        lenient = Scorer(settings=InputSettings(gold_index=0, bad_gold="null")).score(data)
        assert lenient.table["reward_accuracy"].to_pylist() == [0.0, None, None]


def test_numbers_reach_any_label_of_a_map_and_never_the_next_rows() -> None:
    many = [(f"L{i}", f"text {i}") for i in range(62)]
    options = pa.array([many, [("A", "x"), ("B", "y")]], pa.map_(pa.string(), pa.string()))
    texts = ["<answer>L61</answer>", "<answer>B</answer>"]
    for golds, expected in (([61, 1], [1.0, 1.0]), ([57, 0], [0.0, 0.0])):
        table = pa.table({"completion": texts, "gold": golds, "options": options})
        scores = Scorer(settings=InputSettings(gold_index=0)).score(table)
        assert scores.table["reward_accuracy"].to_pylist() == expected
    numbered = table.set_column(1, "gold", pa.array([61, 1]))
    code = Scorer("medvlm-r1-code", settings=InputSettings(gold_index=0)).score(numbered)
    assert code.table["reward_accuracy"].to_pylist() == [0.0, 1.0]


def test_numbers_are_raw_cells_to_a_rule_that_compares_cells() -> None:
    data = {"completion": ["<answer>B</answer>"], "gold": [1]}
    assert Scorer("medvlm-r1-code").score(data).table["reward_accuracy"].to_pylist() == [0.0]


def test_columns_of_nothing_are_no_columns_of_text() -> None:
    tidy = "<think>t</think><answer>B</answer>"
    assert Scorer().score({"completion": [tidy], "gold": ["B"], "options": [None]}).rewards.tolist() == [2.0]
    assert len(Scorer().score({"completion": [], "gold": [], "options": []})) == 0
    frame = pd.DataFrame({"completion": ["\ud800", np.nan], "gold": ["A", "A"]}, dtype=object)
    assert Scorer().score(frame).table["flaws"].to_pylist()[0][-1] == "invalid_utf8"
    odd = {"completion": [tidy], "gold": ["B"], "options": [["\ud800", "y"]], "prompt": [["\udfff"]]}
    assert Scorer().score(odd).rewards.tolist() == [2.0]


def test_options_of_dictionary_text_are_text() -> None:
    texts = pa.array(["Heart", "Lungs"]).dictionary_encode()
    options = pa.ListArray.from_arrays(pa.array([0, 2], pa.int32()), texts)
    struct = pa.StructArray.from_arrays([texts.slice(0, 1), texts.slice(1, 1)], ["A", "B"])
    for column in (options, struct):
        table = pa.table({"completion": ["<answer>Lungs</answer>"], "gold": ["Lungs"], "options": column})
        assert Scorer().score(table).table["answer"].to_pylist() == ["B"]


def test_a_row_with_more_options_than_a_number_has_bits_is_refused() -> None:
    many = [(f"L{i}", "x") for i in range(20_000)]
    options = pa.array([[("A", "x"), ("B", "y")], many], pa.map_(pa.string(), pa.string()))
    with pytest.raises(InputError, match="row 1") as raised:
        Scorer().score(pa.table({"completion": ["<answer>y</answer>"] * 2, "gold": ["B"] * 2, "options": options}))
    assert raised.value.code == "too_many_options"


def test_a_mapped_column_must_exist() -> None:
    with pytest.raises(InputError, match="'question'"):
        Scorer(settings=InputSettings(columns={"group_id": "question"})).score(TABLE)


def test_scores_can_be_pickled_before_anything_was_asked_of_them() -> None:
    table = {"completion": ["<think>t</think><answer>(B)</answer>", None], "gold": ["B", "A"]}
    scores = pickle.loads(pickle.dumps(Scorer("medvlm-r1").score(table)))  # noqa: S301 - made on this very line
    assert scores.table.column("answer_form").to_pylist() == ["wrapped", None]
    assert scores.table.column("flaws").to_pylist() == [[], []]
    assert len(scores) == 2


def test_a_table_without_columns_is_refused() -> None:
    with pytest.raises(InputError) as caught:
        Scorer("medvlm-r1").score(pa.table({}))
    assert caught.value.code == "missing_column"
