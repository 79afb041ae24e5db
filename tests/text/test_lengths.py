"""Lengths are those of ``len`` and ``str.split``."""

from __future__ import annotations

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from medreward import InputError
from medreward.text import Reading, Rows
from medreward.text.facts import Column, Length
from tests import hostile
from tests.oracle import text as oracle


@given(hostile.tables())
def test_lengths_of_completions_are_those_of_python(texts: list[str | None]) -> None:
    reading = Reading(Rows.of(pa.array(texts, pa.string())))
    assert reading[Length()].tolist() == [len(text or "") for text in texts]
    assert reading[Length(unit="words")].tolist() == [len((text or "").split()) for text in texts]


@given(hostile.tables())
def test_lengths_of_bodies_are_the_oracles(texts: list[str | None]) -> None:
    reading = Reading(Rows.of(pa.array(texts, pa.string())))
    for tag, bodies in (("think", oracle.reasoning_bodies), ("answer", oracle.answer_bodies)):
        stripped = [[body.strip() for body in bodies(text or "")] for text in texts]
        assert reading[Length(of=tag)].tolist() == [sum(map(len, row)) for row in stripped]
        assert reading[Length(of=tag, unit="words")].tolist() == [sum(len(b.split()) for b in row) for row in stripped]


@given(st.lists(st.none() | st.integers(-5, 5), max_size=6))
def test_a_column_is_read_as_numbers_whatever_its_type(cells: list[int | None]) -> None:
    texts = pa.array(["x"] * len(cells), pa.string())
    for kind in (pa.int8(), pa.int64(), pa.float32(), pa.float64(), pa.decimal128(5, 1)):
        column = pa.array([None, *cells], kind).slice(1)
        numbers = Reading(Rows.of(texts, columns={"score": column}))[Column(name="score")]
        read = [float(x) if ok else None for x, ok in zip(numbers.data.tolist(), numbers.valid.tolist(), strict=True)]
        assert read == cells


def test_a_column_of_text_or_with_an_infinity_is_an_error_and_nan_is_null() -> None:
    texts = pa.array(["x", "y"])
    for column in (pa.array(["1", "2"]), pa.array([1.0, float("inf")])):
        with pytest.raises(InputError) as caught:
            _ = Reading(Rows.of(texts, columns={"score": column}))[Column(name="score")]
        assert caught.value.code == "column_type"
    numbers = Reading(Rows.of(texts, columns={"score": pa.array([1.0, float("nan")])}))[Column(name="score")]
    assert numbers.valid.tolist() == [True, False]
    flags = Reading(Rows.of(texts, columns={"score": pa.array([True, False])}))[Column(name="score")]
    assert flags.data.tolist() == [1.0, 0.0]
