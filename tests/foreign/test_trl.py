"""TRL's own reward functions, on hostile text and on lengths."""

from __future__ import annotations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from medreward import Repetition, Scorer, SoftOverlong
from medreward.rewards.presets.base import COMPLETIONS
from medreward.text.facts import RepeatedNgrams, TokenIds
from tests.rewards.test_presets_against_oracle import TABLES

rewards = pytest.importorskip("trl.rewards", reason="needs trl: pip install torch==2.13.0 && pip install trl==1.16.0")
SCORER = Scorer("trl-think-format")


@settings(max_examples=150)
@given(texts=TABLES)
@example(texts=[*COMPLETIONS.values()])
def test_trl_think_format_is_trls(texts: list[str]) -> None:
    theirs = rewards.think_format_reward([[{"role": "assistant", "content": text}] for text in texts])
    assert SCORER.score({"completion": texts}).rewards.tolist() == theirs


@given(
    tokens=st.lists(st.integers(0, 300), min_size=1, max_size=20),
    free=st.integers(0, 200),
    margin=st.integers(0, 200),
)
@example(tokens=[*range(16_380, 16_390), 20_480, 20_481], free=16_384, margin=4_096)
def test_soft_overlong_is_trls(tokens: list[int], free: int, margin: int) -> None:
    limit = free + margin  # a margin beyond the limit, which TRL takes, is refused
    theirs = rewards.get_soft_overlong_punishment(limit, margin)([[0] * count for count in tokens])
    table = {"completion": ["x"] * len(tokens), "completion_tokens": tokens}
    assert Scorer(SoftOverlong(limit=limit, margin=margin)).score(table).rewards.tolist() == theirs


@given(tokens=st.lists(st.lists(st.integers(0, 3), max_size=12), min_size=1, max_size=8), size=st.integers(1, 4))
def test_repetition_of_tokens_is_trls(tokens: list[list[int]], size: int) -> None:
    theirs = rewards.get_repetition_penalty_reward(size, -1.0)(tokens)
    rule = Repetition(ngrams=RepeatedNgrams(units=TokenIds(), size=size))
    table = {"completion": ["x"] * len(tokens), rule.ngrams.units.name: tokens}
    assert Scorer(rule).score(table).rewards.tolist() == theirs
