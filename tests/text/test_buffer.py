"""Spans of bytes: trimming is ``str.strip``, gathering copies, distinct texts are told apart."""

from __future__ import annotations

import itertools
import sys

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from medreward.text.buffer import IGNORABLE, SPACE, Spans, distinct, gather, numbered, raw_strings
from medreward.text.tags import TagSet
from medreward.text.unwrap import inside_answer, string_array

SPACES = [chr(point) for point in range(sys.maxunicode + 1) if chr(point).isspace()]
EDGES = st.text(st.sampled_from([*SPACES, *SPACES, "\u200b", "<", "\xe9", "\u3042"]), max_size=120)


def spans_of(texts: list[str]) -> Spans:
    """The texts in one buffer with other text round them."""
    raw = [text.encode() for text in texts]
    ends = np.cumsum([len(part) for part in raw], dtype=np.int64) if raw else np.zeros(0, np.int64)
    buf = np.frombuffer(b" " + b"".join(raw) + "\u3000".encode(), np.uint8)
    return Spans(buf, ends - np.array([len(part) for part in raw], np.int64) + 1, ends + 1)


def test_whitespace_is_the_29_code_points_of_str_isspace() -> None:
    assert len(SPACES) == 29
    assert [chr(point) for point in np.flatnonzero(SPACE.table)] == SPACES


def test_what_is_ignorable_includes_all_whitespace_and_the_invisible_characters_in_common_use() -> None:
    assert all(IGNORABLE.table[ord(char)] for char in [*SPACES, *"\u200b\u200d\u2060\ufeff\xad\u180e\ufe0f"])
    assert not any(IGNORABLE.table[ord(char)] for char in "a.\u0301\0\u2800")


@given(st.lists(EDGES, max_size=6), st.sampled_from([1, 9]))  # few are looked at one by one, many at once
def test_strip_is_str_strip(texts: list[str], times: int) -> None:
    texts = texts * times
    assert [raw.decode() for raw in spans_of(texts).strip().to_bytes()] == [text.strip() for text in texts]
    assert spans_of(texts).is_blank().tolist() == [not text.strip() for text in texts]


@pytest.mark.parametrize("char", SPACES)
@pytest.mark.parametrize("count", [1, 2, 15, 16, 17, 100, 127, 128, 129, 5000])
@pytest.mark.parametrize("times", [1, 3])
def test_long_runs_of_any_whitespace_are_stripped(char: str, count: int, times: int) -> None:
    run = char * count
    texts = [run, f"{run}a{run}", f"a{run}b", f"{run}\u3042"] * times
    assert [raw.decode() for raw in spans_of(texts).strip().to_bytes()] == ["", "a", f"a{run}b", "\u3042"] * times
    assert spans_of(texts).is_blank().tolist() == [True, False, False, False] * times


@pytest.mark.parametrize(
    "raw", [b"\xe3\x80", b"\xc2", b"\xe2\x80", b"\xc0\xa0", b"\xe0\x80\xa0", b"\x80\x80", b"\xf0\x80\x80\xa0"]
)
def test_bytes_that_are_no_character_are_no_whitespace(raw: bytes) -> None:
    buf = np.frombuffer(raw + b"\x80", np.uint8)
    for times in (1, 9):
        whole = Spans(buf, np.zeros(times, np.int64), np.full(times, len(raw)))
        assert whole.strip().size.tolist() == [len(raw)] * times
        assert not whole.is_blank().any()
    assert not SPACE.covered(buf[:-1]).any()


@given(st.lists(st.text(max_size=12) | st.sampled_from(["x" * 5000, "y" * 4097, "B", "B\0", "", "\0"]), max_size=8))
def test_gather_copies_and_distinct_tells_texts_apart(texts: list[str]) -> None:
    spans = spans_of(texts)
    data, offsets = gather(spans, b" ")
    assert data.tobytes().decode() == "".join(text + " " for text in texts)
    assert [data[a:b].tobytes().decode() for a, b in itertools.pairwise(offsets)] == [t + " " for t in texts]
    codes, found = distinct(spans)
    assert [found[code].decode() for code in codes.tolist()] == texts
    assert len(found) == len({*texts})


@pytest.mark.parametrize("times", [1, 40])  # few are told apart one by one, many together
def test_texts_that_differ_in_outer_whitespace_are_one_where_it_is_stripped(times: int) -> None:
    texts = [" B", "B", "\u3000B\x1f", "C", "the  answer \n", "\tthe  answer", "B   " + " " * 9, " \n", ""]
    codes, known = distinct(spans_of(texts * times), stripped=True)
    assert [known[code].decode() for code in codes.tolist()] == [
        *("B", "B", "B", "C", "the  answer", "the  answer", "B", "", "")
    ] * times
    assert sorted(known) == [b"", b"B", b"C", b"the  answer"]


def test_many_keys_have_the_numbers_of_a_dictionary_also_where_they_share_a_slot() -> None:
    odd = pow(0x9E3779B97F4A7C15, -1, 2**64)  # times this, numbers that differ in their low bits share a slot
    for keys in ([number * 7 % 300 for number in range(900)], [number % 200 * odd % 2**64 for number in range(900)]):
        numbers, known = numbered(np.array(keys, np.uint64).view(np.int64))
        assert known.view(np.uint64).tolist() == [*dict.fromkeys(keys)]
        assert numbers.tolist() == [[*dict.fromkeys(keys)].index(key) for key in keys]


def test_many_texts_long_and_short_are_told_apart() -> None:
    texts = [f"{'a long text ' * (number % 3)}{number % 150}" for number in range(600)]
    codes, known = distinct(spans_of(texts))
    assert [known[code].decode() for code in codes] == texts
    assert len({*known}) == len(known)


def test_python_strings_may_be_none_or_no_characters() -> None:
    array = string_array([None, "\ud800", "B"]).cast(pa.large_binary())
    assert array.to_pylist() == [None, b"\xff", b"B"]
    assert string_array([None, "B"]).to_pylist() == [None, "B"]
    assert string_array(["ab\ud800\udc00c"]).cast(pa.large_binary()).to_pylist() == [b"ab\xff\xffc"]


def test_a_cell_is_what_stands_in_its_answer_tags_if_it_has_them() -> None:
    cells = ["<answer>B</answer>", "B", "x <ANSWER> C </Answer><answer>D</answer>", "<answer>", "<final>A</final>"]
    assert inside_answer(cells) == ["B", "B", " C ", "<answer>", "<final>A</final>"]
    assert inside_answer(cells, TagSet(answer="final")) == ["B", "B", " C ", "<answer>", "A"]
    assert inside_answer(["<answer>\ud800</answer>"]) == ["\ufffd"]


def test_distinct_takes_spans_that_overlap_and_stand_in_any_order() -> None:
    raw = np.frombuffer(b"a long answer", np.uint8)
    start, end = np.array([5, 0, 0, 2, 7, 5]), np.array([13, 9, 1, 11, 8, 13])
    codes, found = distinct(Spans(raw, start, end))
    texts = [b"g answer", b"a long an", b"a", b"long answ", b"a", b"g answer"]
    assert [found[code] for code in codes.tolist()] == texts
    assert len(found) == 4


@given(st.lists(st.none() | st.text(max_size=4), max_size=20), st.integers(0, 20), st.integers(0, 20))
def test_raw_strings_reads_any_slice_without_touching_its_neighbours(
    texts: list[str | None], start: int, length: int
) -> None:
    for kind in (pa.string(), pa.large_string()):
        array = pa.array(texts, kind).slice(start, length)
        buf, offsets, valid = raw_strings(array)
        read = [
            buf[a:b].tobytes().decode() if ok else None
            for a, b, ok in zip(offsets[:-1], offsets[1:], valid.tolist(), strict=True)
        ]
        assert read == texts[start : start + length]


def test_every_invisible_character_is_blank_among_many_texts() -> None:
    chars = [chr(code) for low, high in RANGES for code in range(low, min(high, low + 400) + 1)]
    assert spans_of([char * 2 for char in chars]).is_blank(IGNORABLE).all()
    assert not spans_of([f"{char}x" for char in chars]).is_blank(IGNORABLE).any()


RANGES = ((0xAD, 0xAD), (0x200B, 0x200F), (0x2060, 0x206F), (0xFE00, 0xFE0F), (0xFEFF, 0xFEFF), (0xE0000, 0xE0FFF))


def test_bytes_that_are_half_a_space_are_no_space_among_many_texts() -> None:
    halves = [b"\xe3\x41\x80", b"\xe3\x80\x41", b"\xe2\x41\x89", b"\xc2\x41", b"\xe0\x83\xa0", b"\xe3\x80"] * 4
    raw = np.frombuffer(b"".join(halves) + b"\x80", np.uint8)
    ends = np.cumsum([len(half) for half in halves])
    assert not Spans(raw, ends - [len(half) for half in halves], ends).is_blank().any()


def test_outer_whitespace_of_many_long_texts_stays_unless_it_is_to_be_stripped() -> None:
    texts = [f" a long text {place} " for place in range(200)]
    assert distinct(spans_of(texts))[1] == [text.encode() for text in texts]
    assert distinct(spans_of(texts), stripped=True)[1] == [text.strip().encode() for text in texts]


def test_more_keys_than_slots_are_numbered_in_the_order_they_come() -> None:
    keys = np.arange(70_000, dtype=np.int64)[::-1] // 2
    numbers, known = numbered(keys)
    assert known.tolist() == [*range(34_999, -1, -1)]
    assert numbers.tolist() == [place // 2 for place in range(70_000)]
