"""Prefills and leftover end tokens."""

from __future__ import annotations

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from medreward.text.turn import prefixed, without_end_tokens

TOKENS = ("<|im_end|>", "</s>")


def cut(*texts: str | None) -> list[str | None]:
    """What is left of texts."""
    found: list[str | None] = without_end_tokens(pa.array(texts, pa.string()), TOKENS).to_pylist()
    return found


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("a<|im_end|>", "a"),
        ("a<|im_end|>\n", "a"),
        ("a <|im_end|></s> </s>\n\n", "a "),
        ("</s>", ""),
        ("a</s>b", "a</s>b"),
        ("<|im_end|>a  \n", "<|im_end|>a  \n"),
        ("a</S>", "a</S>"),
        ("/s>", "/s>"),
        ("", ""),
        (None, None),
    ],
)
def test_tokens_are_cut_from_the_end_alone(text: str | None, left: str | None) -> None:
    assert cut(text, "other", text) == [left, "other", left]


@given(st.lists(st.none() | st.text("a</s> \n\xa0", max_size=30), max_size=8), st.integers(0, 3))
def test_cutting_is_what_plain_string_methods_do(texts: list[str | None], skipped: int) -> None:
    def plainly(text: str | None) -> str | None:
        while text is not None and text.rstrip().endswith(TOKENS):
            text = text.rstrip().removesuffix("</s>").removesuffix("<|im_end|>")
        return text

    array = pa.array(texts, pa.large_string()).slice(skipped)
    assert without_end_tokens(array, TOKENS).to_pylist() == [plainly(text) for text in texts[skipped:]]


def test_a_thousand_end_tokens_are_cut() -> None:
    assert cut("a" + "</s>" * 1000) == ["a"]


def test_a_prefix_stands_before_every_text_but_null() -> None:
    array = pa.array(["a", None, "", "é"], pa.string()).slice(0, 4)
    assert prefixed(array, "<think>\n").to_pylist() == ["<think>\na", None, "<think>\n", "<think>\né"]
    assert prefixed(array.slice(2), "p").to_pylist() == ["p", "pé"]


def test_bytes_that_are_no_utf8_stay_bytes() -> None:
    raw = pa.array([b"\xff</s>"], pa.binary())
    found = prefixed(without_end_tokens(raw, TOKENS), "p")
    assert found.cast(pa.large_binary()).to_pylist() == [b"p\xff"]


def test_of_two_tokens_that_end_alike_the_first_that_is_given_is_cut() -> None:
    assert without_end_tokens(pa.array(["a</s>", "a>"]), ["</s>", ">"]).to_pylist() == ["a", "a"]


def test_a_token_is_not_put_together_from_two_rows() -> None:
    assert without_end_tokens(pa.array(["<|im_", "end|>"]), ["<|im_end|>"]).to_pylist() == ["<|im_", "end|>"]


def test_halves_of_characters_in_what_is_put_before_or_cut_are_question_marks() -> None:
    assert prefixed(pa.array(["x"]), "\ud800").to_pylist() == ["?x"]
    assert without_end_tokens(pa.array(["x?", "x"]), ["\ud800"]).to_pylist() == ["x", "x"]
