"""Options of many rows: equal ones are one, and each row gets its own back."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from medreward import InputError
from medreward.text import DEFAULT_LABELS, OptionSet
from medreward.text.option_column import OptionColumn, is_text, text_codes

TEXTS = st.none() | st.sampled_from(["Heart", "Lungs", "", "B", "肺"])
LISTS = st.lists(st.none() | st.lists(TEXTS, max_size=5), max_size=8)


def fetched(column: OptionColumn, rows: list[int]) -> list[OptionSet]:
    """The option set of each row."""
    codes, sets = column.fetch(np.array(rows, np.int64))
    return [sets[code] for code in codes.tolist()]


@given(LISTS, st.sampled_from([pa.list_(pa.string()), pa.large_list(pa.large_string())]), st.integers(0, 3))
def test_lists_come_back_labelled_from_a(rows: list[list[str | None] | None], kind: pa.DataType, skip: int) -> None:
    array = pa.array([[None] * 3] * skip + rows, kind).slice(skip)
    column = OptionColumn.of(array)
    expected = [OptionSet.listed(row or []) for row in rows]
    assert [column.label_sets[code] for code in column.label_codes.tolist()] == [options.labels for options in expected]
    order = list(range(len(rows)))[::-1]
    assert fetched(column, order) == [expected[i] for i in order]
    for row, texts in enumerate(rows):
        sizes = [len((text or "").encode()) for text in (expected[row].texts if texts else ())]
        assert not sizes or column.shortest_text[row] <= min(sizes)


PAIRS = st.dictionaries(st.sampled_from(["A", "B", "C", "ii"]), TEXTS, max_size=4)


@given(st.lists(st.none() | PAIRS, max_size=8))
def test_maps_come_back_with_their_labels(rows: list[dict[str, str | None] | None]) -> None:
    array = pa.array([None if row is None else [*row.items()] for row in rows], pa.map_(pa.string(), pa.string()))
    expected = [OptionSet((*row,), (*row.values(),)) if row else OptionSet() for row in rows]
    assert fetched(OptionColumn.of(array), list(range(len(rows)))) == expected


def test_texts_of_any_type_have_a_code_each_and_null_none() -> None:
    cells = ["a longer text", None, "b", "a longer text"]
    for array in (
        pa.array(cells),
        pa.array(cells, pa.string_view()),
        pa.array(cells).dictionary_encode(),
        pa.array(["", *cells], pa.large_string()).slice(1),
    ):
        codes, texts = text_codes(array)
        assert [None if code < 0 else texts[code] for code in codes.tolist()] == cells
    codes, texts = text_codes(pa.nulls(3))
    assert (codes.tolist(), texts) == ([-1, -1, -1], [])
    odd = pa.array([b"lung \xff and more"], pa.binary())
    assert text_codes(pa.StringArray.from_buffers(1, *odd.buffers()[1:]))[1] == ["lung \ufffd and more"]


def test_a_null_map_offers_nothing_whatever_lies_under_it() -> None:
    kind = pa.map_(pa.string(), pa.string())
    whole = pa.array([[("A", "x"), ("B", "y")], [("C", "z")]], kind)
    pairs = pa.StructArray.from_arrays([whole.keys, whole.items], fields=[kind.key_field, kind.item_field])
    second_null = [pa.py_buffer(b"\x01"), whole.buffers()[1]]
    array = pa.Array.from_buffers(kind, 2, second_null, 1, 0, [pairs])
    assert fetched(OptionColumn.of(array), [0, 1]) == [OptionSet(("A", "B"), ("x", "y")), OptionSet()]


def test_a_struct_offers_the_fields_that_are_not_null() -> None:
    rows: list[Any] = [
        {"A": "x", "B": "y", "C": None},
        {"A": None, "B": None, "C": None},
        None,
        {"A": "x", "B": None, "C": "z"},
    ]
    kind = pa.struct([("A", pa.string()), ("B", pa.string()), ("C", pa.string())])
    column = OptionColumn.of(pa.array(rows, kind))
    assert fetched(column, [0, 1, 2, 3]) == [
        OptionSet(("A", "B"), ("x", "y")),
        OptionSet(),
        OptionSet(),
        OptionSet(("A", "C"), ("x", "z")),
    ]
    assert column.label_sets[column.label_codes[2]] == DEFAULT_LABELS


@pytest.mark.parametrize(
    ("array", "code"),
    [
        (pa.array([["x"] * 27]), "too_many_options"),
        (pa.array(["x"]), "options_type"),
        (pa.array([[1]]), "options_type"),
        (pa.array([[("A", "x"), ("A", "y")]], pa.map_(pa.string(), pa.string())), "bad_labels"),
        (pa.array([[(" ", "x")]], pa.map_(pa.string(), pa.string())), "bad_labels"),
    ],
)
def test_options_that_cannot_be_read_are_an_error(array: pa.Array, code: str) -> None:
    with pytest.raises(InputError) as caught:
        OptionColumn.of(array)
    assert caught.value.code == code


KINDS = (pa.string(), pa.string_view(), pa.large_string(), pa.dictionary(pa.int32(), pa.string()))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("times", [1, 100])
def test_lists_of_texts_of_any_type_keep_nulls_between_texts_and_lose_those_at_the_end(
    kind: pa.DataType, times: int
) -> None:
    cells = pa.array([None, None, None, "a", None, "b", "a", "b", None] * times, kind)
    edges = pa.array(range(0, 9 * times + 1, 3), pa.int32())
    for lists in (pa.ListArray.from_arrays(edges, cells), pa.FixedSizeListArray.from_arrays(cells, 3)):
        column = OptionColumn.of(lists)
        expected = [(None, None, None), ("a", None, "b"), ("a", "b")] * times
        assert [options.texts for options in fetched(column, list(range(3 * times)))] == expected
        assert [len(column.label_sets[code]) for code in column.label_codes.tolist()] == [3, 3, 2] * times


def test_lists_of_nulls_say_how_many_options_there_are() -> None:
    column = OptionColumn.of(pa.array([[None, None], [None]], pa.list_(pa.null())))
    assert [options.labels for options in fetched(column, [0, 1])] == [("A", "B"), ("A",)]


def test_a_question_has_up_to_26_listed_options() -> None:
    column = OptionColumn.of(pa.array([[str(place) for place in range(26)]]))
    assert column.label_sets[0][-1] == "Z"


@pytest.mark.parametrize("times", [1, 100])
@pytest.mark.parametrize("text", [b"\xff", b"a longer text \xff"])
def test_bytes_that_are_no_utf8_are_replaced_in_options(text: bytes, times: int) -> None:
    texts = pa.array([text, b"b"] * times, pa.binary()).view(pa.string())
    lists = pa.ListArray.from_arrays(pa.array(range(0, 2 * times + 1, 2), pa.int32()), texts)
    read = text.decode("utf-8", "replace")
    assert {options.texts for options in fetched(OptionColumn.of(lists), list(range(times)))} == {(read, "b")}
    assert text_codes(texts)[1] == [read, "b"]


def test_what_is_text() -> None:
    for kind in (pa.string(), pa.string_view(), pa.null(), pa.dictionary(pa.int32(), pa.string())):
        assert is_text(kind)
    for kind in (pa.int64(), pa.binary(), pa.dictionary(pa.int32(), pa.int64())):
        assert not is_text(kind)


MAPS: list[dict[str, str | None] | None] = [
    {"A": "Heart", "B": "Lungs"},
    {"A": "Lungs", "B": "Heart"},
    {"B": "Lungs", "A": "Heart"},
    {"A": "Heart", "B": None},
    {"A": None, "B": "Heart"},
    None,
    {"C": "Heart", "A": "Lungs", "ii": "Liver"},
    {"A": "Heart", "B": "Lungs", "C": "Liver"},
    {"A": "Heart"},
    {"C": "Heart"},
    {" D ": " Heart "},
]


@pytest.mark.parametrize("times", [1, 40])
def test_maps_that_differ_in_anything_are_told_apart_in_slices_too(times: int) -> None:
    cells = [None if row is None else [*row.items()] for row in MAPS * times]
    array = pa.array([[("x", "y")] * 2, *cells], pa.map_(pa.string(), pa.string())).slice(1)
    stripped = [None if row is None else {label.strip(): text for label, text in row.items()} for row in MAPS]
    expected = [OptionSet((*row,), (*row.values(),)) if row else OptionSet() for row in stripped] * times
    column = OptionColumn.of(array)
    assert fetched(column, list(range(len(cells)))) == expected
    assert fetched(column, list(range(1, len(cells)))[::-1]) == expected[:0:-1]
    assert column.shortest_text[[0, 3, 7, 10]].tolist() == [5, 5, 5, 0]  # 0: it may be shorter than it is written


def test_options_that_a_user_gives_have_labels_and_texts() -> None:
    assert OptionSet.of({}) == OptionSet.of([]) == OptionSet.of(None) == OptionSet()
    assert OptionSet.listed([str(place) for place in range(26)]).labels[-1] == "Z"
    for wrong, code in (({"": "x"}, "bad_labels"), ({"A": "x", "": "y"}, "bad_labels")):
        with pytest.raises(InputError) as error:
            OptionSet.of(wrong)
        assert error.value.code == code
    for unread in ({"A": 3}, ["x", 3], "AB", 3):
        with pytest.raises(InputError) as error:
            OptionSet.of(unread)  # type: ignore[arg-type]
        assert error.value.code == "options_type"


def test_a_text_whose_ends_are_no_visible_ascii_may_be_written_shorter() -> None:
    rows = [
        ["Heart", "Lungs."],
        [" Heart", "Lungs"],
        ["Heart ", "Lungs"],
        ["Heart\x7f"],
        ["肺"],
        ["~", "!!"],
        [None],
        [],
    ]
    column = OptionColumn.of(pa.array(rows, pa.list_(pa.string())))
    assert column.shortest_text[:6].tolist() == [5, 0, 0, 0, 0, 1]
    assert (column.shortest_text[7:] > 2**60).all()
