"""What is counted in completions before any reward is chosen."""

from __future__ import annotations

from medreward.text.census import Census


def test_each_tag_as_written_counts_once_a_completion() -> None:
    census = Census.of(["<think>a</think><Answer>B</answer>", "<think><think>", "none"])
    assert census.texts == 3
    assert census.tags == {"<think>": 2, "</think>": 1, "<Answer>": 1, "</answer>": 1}


def test_a_closer_before_any_opener_of_its_tag_is_unopened() -> None:
    assert Census.of(["a</think><answer>B</answer>", "<think></think></think>", "</Think>"]).unopened == {"think": 2}


def test_end_tokens_count_at_the_very_end_alone() -> None:
    found = Census.of(["a<|im_end|>\n", "b</s>", "<|im_end|>c", "d<｜end▁of▁sentence｜>"]).end_tokens
    assert found == {"<|im_end|>": 1, "</s>": 1, "<｜end▁of▁sentence｜>": 1}


def test_an_end_token_counts_once_for_each_text_that_ends_in_it() -> None:
    assert Census.of(["a</s>", "b</s>", "c<eos>"]).end_tokens == {"</s>": 2, "<eos>": 1}


def test_a_megabyte_of_angles_is_read_in_linear_time() -> None:
    assert Census.of(["<a" * 500_000, "<|" * 500_000, " " * 1_000_000]).tags == {}
