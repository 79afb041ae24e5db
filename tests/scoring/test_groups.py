"""Advantages and the group lens, against vectors worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from medreward import Scorer
from medreward.errors import UsageError
from medreward.scoring import GroupLens, advantages
from medreward.scoring.groups import pass_at

NAN = float("nan")


def of_one_group(*rewards: float) -> list[float]:
    found: list[float] = advantages(np.array(rewards), np.zeros(len(rewards), np.int64)).round(4).tolist()
    return found


@pytest.mark.parametrize(
    ("rewards", "expected"),
    [  # mean and sample deviation by hand, epsilon 1e-4
        ((2, 2, 2, 1), [0.4999, 0.4999, 0.4999, -1.4997]),
        ((2, 2, 2, 1.5), [0.4998, 0.4998, 0.4998, -1.4994]),
        ((2, 1, 1, 1), [1.4997, -0.4999, -0.4999, -0.4999]),
        ((2, 2, 1, 1), [0.8659, 0.8659, -0.8659, -0.8659]),
        ((2, 1.5, 1, 1), [1.3053, 0.2611, -0.7832, -0.7832]),
        ((2, 1.5, 1, 0), [1.0246, 0.4391, -0.1464, -1.3173]),
        ((1, 1, 1, 1), [0, 0, 0, 0]),
        ((0.1, 0.1, 0.1), [0, 0, 0]),
        ((3,), [0]),
        ((), []),
    ],
)
def test_advantages_of_a_group_are_those_worked_out_by_hand(rewards: tuple[float, ...], expected: list[float]) -> None:
    assert of_one_group(*rewards) == expected


def test_groups_are_told_apart_wherever_their_rows_stand() -> None:
    rewards, group = np.array([2.0, 0.0, 1.0, 1.0, 1.0, 2.0]), np.array([7, 3, 7, 3, 7, 7])
    assert advantages(rewards, group).round(4).tolist() == [0.8659, -0.707, -0.8659, 0.707, -0.8659, 0.8659]


def test_a_null_reward_has_no_advantage_and_moves_no_other() -> None:
    found = advantages(np.array([2.0, NAN, 1.0, 1.0, 1.0]), np.zeros(5, np.int64))
    assert np.isnan(found[1])
    assert found[[0, 2, 3, 4]].round(4).tolist() == [1.4997, -0.4999, -0.4999, -0.4999]


def test_without_a_scale_the_distance_from_the_mean_is_left() -> None:
    assert advantages(np.array([2.0, 1.0]), np.zeros(2, np.int64), scale="none").tolist() == [0.5, -0.5]


def test_over_the_batch_one_deviation_divides_every_group() -> None:
    # means 1 and 4; all of (0, 2, 4, 4) deviates by sqrt(11 / 3) = 1.914854
    found = advantages(np.array([0.0, 2.0, 4.0, 4.0]), np.array([0, 0, 1, 1]), scale="batch", epsilon=0.0)
    assert found.round(6).tolist() == [-0.522233, 0.522233, 0.0, 0.0]


def test_several_rewards_are_weighted_and_summed_before_they_are_compared() -> None:
    rewards = np.array([[1.0, 1.0], [1.0, 0.0], [0.0, 1.0], [0.0, 0.0]])
    found = advantages(rewards, np.zeros(4, np.int64), weights=np.array([1.0, 3.0]), epsilon=0.0)
    assert found.round(4).tolist() == [1.0954, -0.5477, 0.5477, -1.0954]  # of 4, 1, 3, 0 around 2


def test_normalized_first_a_rare_reward_weighs_as_much_as_a_common_one() -> None:
    # unlike failures tie when summed first (1 + 0 = 0 + 1), not when each is compared by itself:
    # (1,1,1,0) gives 0.5, 0.5, 0.5, -1.5 and (0,0,0,1) its opposite, so every sum is 0 again and the batch is flat;
    # with weights 2 and 1 the sums are 0.5, 0.5, 0.5, -1.5 once more, deviation 1
    rewards = np.array([[1.0, 0.0], [1.0, 0.0], [1.0, 0.0], [0.0, 1.0]])
    group = np.zeros(4, np.int64)
    plain = advantages(rewards, group)
    first = advantages(rewards, group, weights=np.array([2.0, 1.0]), aggregate="normalize_then_sum", epsilon=0.0)
    assert plain.tolist() == [0.0, 0.0, 0.0, 0.0]
    assert first.round(4).tolist() == [0.5, 0.5, 0.5, -1.5]


def test_there_is_one_weight_for_each_reward() -> None:
    with pytest.raises(UsageError, match="one weight for each reward"):
        advantages(np.zeros((2, 2)), np.zeros(2, np.int64), weights=np.ones(3))


@given(st.lists(st.sampled_from([0.0, 0.5, 1.0, 1.5, 2.0]), min_size=2, max_size=8), st.floats(-4, 4))
def test_advantages_sum_to_nothing_and_do_not_care_where_zero_is(rewards: list[float], shift: float) -> None:
    group = np.zeros(len(rewards), np.int64)
    found = advantages(np.array(rewards), group)
    assert abs(found.sum()) < 1e-9
    np.testing.assert_allclose(advantages(np.array(rewards) + shift, group), found, atol=1e-7)


def test_the_chance_that_a_draw_holds_a_right_one_is_the_share_of_draws_that_do() -> None:
    # of 4 with 2 right 1 pair in 6 has no right one; of 4 with none right all have none; a group of 1 has no pairs
    assert pass_at(2, np.array([2, 0, 1]), np.array([4, 4, 1])) == pytest.approx((5 / 6 + 0) / 2)
    assert pass_at(4, np.array([1]), np.array([4])) == 1.0
    assert pass_at(5, np.array([1]), np.array([4])) is None


GOOD, WORDY, PLAIN = (
    "<think>t</think><answer>{}</answer>",
    "<think>t</think><answer>({})</answer>",
    "<answer>{}</answer>",
)
ROLLOUTS = [
    ("a", GOOD.format("B")),  # 2
    ("a", GOOD.format("B")),  # 2: all right, no spread
    ("b", GOOD.format("C")),  # 1 + 0
    ("b", PLAIN.format("B")),  # 0 + 1: unlike, yet equal
    ("c", GOOD.format("B")),  # 2
    ("c", WORDY.format("B")),  # 1.5
    ("c", GOOD.format("A")),  # 1
    ("d", GOOD.format("A")),  # 1
    ("d", GOOD.format("C")),  # 1: all wrong, no spread
    ("e", GOOD.format("B")),  # alone
    ("f", None),
    ("f", GOOD.format("B")),  # alone once its fellow is null
]


def lens(*, reward: str = "medvlm-r1", step: list[int] | None = None) -> GroupLens:
    groups, completions = zip(*ROLLOUTS, strict=True)
    data = {"completion": [*completions], "gold": ["B"] * len(ROLLOUTS), "group_id": [*groups]}
    return Scorer(reward).score(data | ({} if step is None else {"step": step})).groups()


def test_the_lens_counts_groups_as_a_reader_would() -> None:
    found = lens()
    assert (found.groups, found.rows, found.single, found.null) == (4, 9, 2, 1)
    assert found.sizes == {2: 3, 3: 1}
    assert found.zero_spread == 3 / 4
    assert (found.zero_spread_right, found.zero_spread_wrong) == (1 / 4, 1 / 4)
    assert found.unlike_ties == 1 / 4
    assert found.partial_decides == 1 / 4
    assert found.pass_at == {1: pytest.approx((1 + 1 / 2 + 2 / 3 + 0) / 4), 2: pytest.approx((1 + 1 + 1 + 0) / 4)}


def test_the_lens_tells_the_balance_of_labels_and_what_a_constant_letter_would_get() -> None:
    golds = [*"BBBBCCAAA", "B", "B", "B"]  # rows 9 and 11 are alone in their groups, row 10 is null
    groups, completions = zip(*ROLLOUTS, strict=True)
    data = {"completion": [*completions], "gold": golds, "group_id": [*groups], "options": [["p", "q", "r"]] * 12}
    found = Scorer().score(data).groups()
    assert found.golds == {"A": 3, "B": 4, "C": 2}
    assert found.answers == {"A": 2, "B": 5, "C": 2}
    assert (found.constant_letter, found.constant_accuracy) == ("B", 4 / 9)
    assert found.guess_accuracy == pytest.approx(1 / 3)
    assert dict(found.lines())["golds"] == "A 33.3%, B 44.4%, C 22.2%"
    assert dict(found.lines())["baselines"] == "always B 44.4%, guessing 33.3%"


def test_a_reward_without_partial_credit_is_not_decided_by_it() -> None:
    assert lens(reward="medvlm-r1-eval").partial_decides is None


def test_one_prompt_at_two_steps_is_two_groups() -> None:
    data = {"completion": [GOOD.format("B")] * 4, "gold": ["B"] * 4, "group_id": ["a"] * 4, "step": [1, 1, 2, 2]}
    found = Scorer().score(data).groups()
    assert (found.groups, found.sizes) == (2, {2: 2})


def test_rows_without_a_group_are_alone() -> None:
    data = {"completion": [GOOD.format("B")] * 3, "gold": ["B"] * 3}
    assert (Scorer().score(data).groups().groups, Scorer().score(data).groups().single) == (0, 3)
    nulls = Scorer().score(data | {"group_id": [None, None, "a"]}).groups()
    assert (nulls.groups, nulls.single) == (0, 3)


def test_without_golds_the_lens_tells_no_right_from_wrong() -> None:
    data = {"completion": [GOOD.format("B")] * 2, "group_id": ["a", "a"], "gold": [None, None]}
    found = Scorer({"medreward": 1, "reward": {"kind": "tag_presence.v1"}}).score(data).groups()
    assert (found.zero_spread, found.zero_spread_right, found.pass_at) == (1.0, None, {})
    assert (found.golds, found.constant_letter, found.guess_accuracy) == ({}, None, None)
