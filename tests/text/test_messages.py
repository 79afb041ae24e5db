"""The last thing somebody said in a conversation."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pytest

from medreward.text.messages import is_messages, last_text

Message = dict[str, Any]


def said(conversations: list[list[Message] | None], role: str = "assistant") -> list[str | None]:
    """What a role said last in each conversation; every way of storing the column must agree."""
    array = pa.array(conversations)
    found: list[str | None] = last_text(array, role).to_pylist()
    assert last_text(array.cast(pa.large_list(array.type.value_type)), role).to_pylist() == found
    assert last_text(pa.concat_arrays([array, array]).slice(len(array)), role).to_pylist() == found
    return found


def test_the_last_assistant_text_counts_whatever_follows() -> None:
    assert said(
        [
            [{"role": "assistant", "content": "a"}],
            [
                {"role": "user", "content": "q"},
                {"role": "assistant", "content": "a"},
                {"role": "user", "content": "again"},
                {"role": "assistant", "content": "b"},
                {"role": "tool", "content": "t"},
            ],
        ]
    ) == ["a", "b"]


def test_a_tool_call_without_text_is_passed_over() -> None:
    call: list[Message] = [
        {"role": "assistant", "content": "thinking", "tool_calls": None},
        {"role": "assistant", "content": None, "tool_calls": [{"name": "zoom", "arguments": None}]},
    ]
    assert said([call, [call[1]]]) == ["thinking", None]


def test_nobody_speaking_is_null() -> None:
    assert said([[], None, [{"role": "user", "content": "q"}], [{"role": None, "content": "x"}]]) == [None] * 4


def test_text_blocks_are_joined_and_images_left_out() -> None:
    blocks = [{"type": "text", "text": "a"}, {"type": "image", "text": "no"}, {"type": "text", "text": " b"}]
    assert said([[{"role": "assistant", "content": blocks}]]) == ["a b"]
    assert said([[{"role": "user", "content": blocks[1:2]}], [{"role": "user", "content": []}]], "user") == [None, None]


def test_text_blocks_count_whatever_stands_first_in_them_and_null_texts_do_not() -> None:
    turned = [{"text": "a", "type": "text"}, {"text": None, "type": "text"}, {"text": "b", "type": "text"}]
    assert said([[{"role": "assistant", "content": turned}]]) == ["ab"]
    assert said([[{"role": "assistant", "content": turned[1:2]}], [{"role": "assistant", "content": turned}]]) == [
        None,
        "ab",
    ]


def test_blocks_that_are_no_structs_or_hold_no_text_say_nothing() -> None:
    assert said([[{"role": "assistant", "content": ["a", "b"]}]]) == [None]
    assert said([[{"role": "assistant", "content": [{"type": "image"}]}]]) == [None]


def test_conversations_may_be_lists_of_any_kind_and_roles_are_texts() -> None:
    message = pa.struct([("role", pa.string()), ("content", pa.string())])
    assert all(is_messages(kind) for kind in (pa.list_(message), pa.large_list(message), pa.list_(message, 2)))
    assert not is_messages(pa.list_(pa.struct([("role", pa.int64()), ("content", pa.string())])))
    assert not is_messages(pa.list_(pa.struct([("role", pa.string()), ("content", pa.int64())])))
    assert not is_messages(message)


def test_an_empty_text_is_a_text() -> None:
    assert said([[{"role": "assistant", "content": ""}]]) == [""]


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        (pa.list_(pa.struct([("role", pa.string()), ("content", pa.string())])), True),
        (pa.list_(pa.struct([("role", pa.string())])), False),
        (pa.list_(pa.string()), False),
        (pa.string(), False),
    ],
)
def test_conversations_are_lists_of_roles_and_contents(kind: pa.DataType, expected: bool) -> None:
    assert is_messages(kind) is expected
