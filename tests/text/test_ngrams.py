"""N-grams are those of slices over ``str.split``, over characters and over lists of token numbers."""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from medreward import InputError, Scorer
from medreward.rewards import Repetition
from medreward.text import Reading, Rows
from medreward.text.facts import RepeatedNgrams, TextUnits, TokenIds
from medreward.text.facts import ngrams as counting
from tests import hostile
from tests.oracle import text as oracle

SIZES = st.integers(1, 7)


def counts(stretches: Sequence[Sequence[object]], size: int) -> tuple[int, int]:
    """All runs, and the different ones."""
    runs = [tuple(units[i : i + size]) for units in stretches for i in range(len(units) - size + 1)]
    return len(runs), len({*runs})


def found(reading: Reading, fact: RepeatedNgrams) -> list[tuple[int, int]]:
    """The fact, row by row."""
    ngrams = reading[fact]
    return list(zip(ngrams.total.tolist(), ngrams.distinct.tolist(), strict=True))


@given(hostile.tables(), SIZES)
@example(["a b a b a b a b a b", "ΑΣ ας ΑΣ", "\u0130 i\u0307 \u0130"], 2)
def test_ngrams_of_words_are_those_of_split_and_lower(texts: list[str | None], size: int) -> None:
    reading = Reading(Rows.of(pa.array(texts, pa.string())))
    lower = RepeatedNgrams(units=TextUnits(), size=size)
    assert found(reading, lower) == [counts([(text or "").lower().split()], size) for text in texts]
    plain = RepeatedNgrams(units=TextUnits(fold="none"), size=size)
    assert found(reading, plain) == [counts([(text or "").split()], size) for text in texts]


@given(hostile.tables(), SIZES)
def test_ngrams_of_characters_are_those_of_the_string(texts: list[str | None], size: int) -> None:
    reading = Reading(Rows.of(pa.array(["x", *texts, "y"], pa.large_string()).slice(1, len(texts))))
    fact = RepeatedNgrams(units=TextUnits(unit="chars", fold="none"), size=size)
    assert found(reading, fact) == [counts([text or ""], size) for text in texts]


@given(hostile.tables(), SIZES)
def test_ngrams_of_bodies_never_run_from_one_body_into_the_next(texts: list[str | None], size: int) -> None:
    reading = Reading(Rows.of(pa.array(texts, pa.string())))
    for tag, bodies in (("think", oracle.reasoning_bodies), ("answer", oracle.answer_bodies)):
        words = RepeatedNgrams(units=TextUnits(of=tag), size=size)
        assert found(reading, words) == [counts([b.lower().split() for b in bodies(t or "")], size) for t in texts]
        chars = RepeatedNgrams(units=TextUnits(of=tag, unit="chars", fold="none"), size=size)
        assert found(reading, chars) == [counts([b.strip() for b in bodies(t or "")], size) for t in texts]


BY_HAND = {  # all runs and the different ones, of 1 and of 2 words
    "a b A b a": [(5, 2), (4, 2)],
    "": [(0, 0), (0, 0)],
    "x x x": [(3, 1), (2, 1)],
    "\u00df ss SS": [(3, 2), (2, 2)],
    " \n": [(0, 0), (0, 0)],
    "<think>a b</think> a b": [(4, 4), (3, 3)],
    "b a": [(2, 2), (1, 1)],
    " a b a": [(3, 2), (2, 2)],
    "a": [(1, 1), (0, 0)],
}
BODIES = {  # of what stands inside the think tags, of 1 and of 2 words
    "<think>a b</think>b<think>a b</think>": [(4, 2), (2, 1)],
    "<think>a</think><think>b</think>": [(2, 2), (0, 0)],
    "a b": [(0, 0), (0, 0)],
    "<think>a<answer>b</answer>a b</think>": [(3, 2), (2, 2)],  # a block inside it is a space
    "<think>a</think><think>b <answer>x</answer> c b</think><think>a</think>": [(5, 3), (2, 2)],
}
CHARS = {  # of 1 and of 2 characters
    "aab": [(3, 2), (2, 2)],
    "肺肺 肺": [(4, 2), (3, 3)],
    "ABab": [(4, 4), (3, 3)],
    "": [(0, 0), (0, 0)],
}


@pytest.mark.parametrize(("rows", "cut", "wide"), [(256, 1 << 20, 1 << 62), (2, 4, 1 << 62), (3, 1, 2), (1, 9, 7)])
@pytest.mark.parametrize("size", [1, 2])
def test_ngrams_are_those_counted_by_hand_however_much_is_taken_at_once(
    monkeypatch: pytest.MonkeyPatch, size: int, rows: int, cut: int, wide: int
) -> None:
    for name, value in (("_ROWS", rows), ("_CUT", cut), ("_WIDE", wide)):
        monkeypatch.setattr(counting, name, value)
    for table, units in (
        (BY_HAND, TextUnits()),
        (BODIES, TextUnits(of="think")),
        (CHARS, TextUnits(unit="chars", fold="none")),
    ):
        reading = Reading(Rows.of(pa.array([*table])))
        expected = [runs[size - 1] for runs in table.values()]
        assert found(reading, RepeatedNgrams(units=units, size=size)) == expected


def test_bytes_that_are_no_utf8_are_one_replacement_character_in_words() -> None:
    column = pa.array([b"\xff a \xff", b"a"], pa.binary()).view(pa.string())
    assert found(Reading(Rows.of(column)), RepeatedNgrams(size=1)) == [(3, 2), (1, 1)]


def test_tags_in_any_case_are_those_asked_for() -> None:
    reading = Reading(Rows.of(pa.array(["<THINK>a b a</THINK>", "<think>a</think>"])))
    assert found(reading, RepeatedNgrams(units=TextUnits(of="think", case="any"), size=1)) == [(3, 2), (1, 1)]


def test_a_text_begins_with_a_character_whatever_its_first_byte() -> None:
    column = pa.array([b"a", b"\x80b", b"ab"], pa.binary()).view(pa.string())
    assert found(Reading(Rows.of(column)), RepeatedNgrams(units=TextUnits(unit="chars"), size=1)) == [
        (1, 1),
        (2, 2),
        (2, 2),
    ]


def test_ngrams_of_3_and_5_words_are_told_apart() -> None:
    reading = Reading(Rows.of(pa.array(["a b c a b c a b d", "a b c d e a b c d f"])))
    assert found(reading, RepeatedNgrams(size=3)) == [(7, 4), (8, 6)]
    assert found(reading, RepeatedNgrams(size=5)) == [(5, 4), (6, 6)]


TOKENS = st.lists(st.none() | st.lists(st.integers(0, 3), max_size=9), max_size=6)


@given(TOKENS, SIZES)
def test_ngrams_of_tokens_are_those_of_the_list(cells: list[list[int] | None], size: int) -> None:
    texts = pa.array(["x"] * len(cells), pa.string())
    for kind in (pa.list_(pa.int32()), pa.large_list(pa.uint16())):
        column = pa.array([[7, 7, 7], *cells], kind).slice(1)
        reading = Reading(Rows.of(texts, columns={"completion_ids": column}))
        assert found(reading, RepeatedNgrams(units=TokenIds(), size=size)) == [counts([c or []], size) for c in cells]
        lengths = TokenIds().measure(reading)
        assert lengths.valid.tolist() == [cell is not None for cell in cells]
        assert lengths.data.tolist() == [len(cell or []) for cell in cells]


@pytest.mark.parametrize("column", [["a"], [[1, None]], [[0.5]]])
def test_a_column_that_holds_no_token_numbers_is_an_error(column: list[object]) -> None:
    reward = Repetition(ngrams=RepeatedNgrams(units=TokenIds(), size=1))
    with pytest.raises(InputError) as caught:
        Scorer(reward).score({"completion": ["x"], "completion_ids": column})
    assert caught.value.code == "column_type"


def test_a_column_of_nulls_gives_null() -> None:
    reward = Repetition(ngrams=RepeatedNgrams(units=TokenIds(), size=1))
    assert Scorer(reward).score({"completion": ["x"], "completion_ids": [None]}).table["reward"].to_pylist() == [None]


def test_a_long_loop_of_one_word_is_counted_in_reasonable_time() -> None:
    reading = Reading(Rows.of(pa.array(["so " * 300_000])))
    assert found(reading, RepeatedNgrams(size=40)) == [(299_961, 1)]
