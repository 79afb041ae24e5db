"""Advantages of a step, against the published vectors, closed forms and a plain loop."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence

import numpy as np
import pytest

from medreward import ColumnValue, DocumentError, Scorer, Scores, WeightedSum
from medreward.text.facts import Column
from medreward.train.advantages import check_weights, has_spread, step_advantages
from medreward.train.config import AdvantageConfig


def scores(*columns: Sequence[float | None]) -> Scores:
    names = "abc"[: len(columns)]
    reward = WeightedSum.of(**{name: ColumnValue(column=Column(name=name), low=-10, high=10) for name in names})
    data = {"completion": ["x"] * len(columns[0]), **dict(zip(names, columns, strict=True))}
    return Scorer(reward).score(data)


@pytest.mark.parametrize(
    ("rewards", "expected"),
    [
        ([2, 2, 2, 1], [0.4999, 0.4999, 0.4999, -1.4997]),
        ([2, 2, 2, 1.5], [0.4998, 0.4998, 0.4998, -1.4994]),
        ([2, 1, 1, 1], [1.4997, -0.4999, -0.4999, -0.4999]),
        ([2, 2, 1, 1], [0.8659, 0.8659, -0.8659, -0.8659]),
        ([2, 1.5, 1, 1], [1.3053, 0.2611, -0.7832, -0.7832]),
        ([2, 1.5, 1, 0], [1.0246, 0.4391, -0.1464, -1.3173]),
        ([1, 1, 1, 1], [0, 0, 0, 0]),
    ],
)
def test_the_papers_groups_of_four_have_these_advantages(rewards: list[float | None], expected: list[float]) -> None:
    assert step_advantages(scores(rewards), 4, AdvantageConfig()) == pytest.approx(expected, abs=5e-5)


@pytest.mark.parametrize("size", [2, 4, 8, 16])
def test_right_and_wrong_have_the_closed_form(size: int) -> None:
    for right in range(1, size):
        found = step_advantages(scores([1.0] * right + [0.0] * (size - right)), size, AdvantageConfig())
        up = math.sqrt((size - right) * (size - 1) / (right * size))
        down = -math.sqrt(right * (size - 1) / ((size - right) * size))
        assert found[0] == pytest.approx(up, rel=5e-4)
        assert found[-1] == pytest.approx(down, rel=5e-4)


def test_scales_by_hand() -> None:
    given = scores([2.0, 0.0, 5.0, 3.0])
    spread = statistics.stdev([2, 0, 5, 3]) + 1e-4
    assert step_advantages(given, 2, AdvantageConfig(scale="none")).tolist() == [1, -1, 1, -1]
    assert step_advantages(given, 2, AdvantageConfig(scale="batch")) == pytest.approx([1 / spread, -1 / spread] * 2)


def test_a_row_without_a_reward_takes_no_part() -> None:
    found = step_advantages(scores([2.0, None, 1.0, 1.0, None, None, None, None]), 4, AdvantageConfig(scale="none"))
    assert found[[0, 2, 3]] == pytest.approx([2 / 3, -1 / 3, -1 / 3])
    assert np.isnan(found[[1, 4, 5, 6, 7]]).all()


def test_normalising_first_tells_unlike_failures_apart_which_a_sum_ties() -> None:
    a, b = [1.0, 0.0, 0.0, 0.0], [0.0, 1.0, 1.0, 1.0]
    assert step_advantages(scores(a, b), 4, AdvantageConfig()).tolist() == [0, 0, 0, 0]
    config = AdvantageConfig(several="normalize_then_sum", weights={"b": 2.0})
    found = step_advantages(scores(a, b), 4, config)
    each = [1.5 / (1 + 2e-4) - 2 * 1.5 / (1 + 2e-4), *[-0.5 / (1 + 2e-4) + 2 * 0.5 / (1 + 2e-4)] * 3]
    spread = statistics.stdev(each) + 1e-4
    assert found == pytest.approx([value / spread for value in each], rel=1e-3)


def test_a_group_of_equal_rewards_has_no_spread() -> None:
    found = has_spread(np.array([1, 1, 0, 1, np.nan, 1, np.nan, np.nan]), 2)
    assert found.tolist() == [False, True, False, False]


def test_weights_must_be_of_components_there_are() -> None:
    check_weights(["format"], AdvantageConfig(weights={"format": 0.5}))
    with pytest.raises(DocumentError, match="fromat"):
        check_weights(["format"], AdvantageConfig(weights={"fromat": 0.5}))
    with pytest.raises(DocumentError, match="several"):
        check_weights([], AdvantageConfig(several="normalize_then_sum"))
