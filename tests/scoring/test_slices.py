"""Slices and their intervals, against a statistics library and counts made by hand."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pytest
import statsmodels.api as sm
from hypothesis import assume, given
from hypothesis import strategies as st
from statsmodels.stats.proportion import proportion_confint

from medreward import InputError, Scorer
from medreward.rewards import AnswerLabels
from medreward.scoring.slices import _independent_rows, interval

GOOD = "<think>t</think><answer>{}</answer>"


@given(st.lists(st.booleans(), min_size=1, max_size=60))
def test_rows_of_their_own_have_the_interval_of_a_statistics_library(right: list[bool]) -> None:
    found = interval(np.array(right), np.arange(len(right)))
    assert found == pytest.approx(proportion_confint(sum(right), len(right), method="wilson"), abs=1e-12)


@given(st.lists(st.tuples(st.integers(0, 4), st.booleans()), min_size=6, max_size=40))
def test_rows_of_one_prompt_count_as_the_cluster_robust_variance_of_a_statistics_library_says(
    rows: list[tuple[int, bool]],
) -> None:
    cluster, right = np.array([c for c, _ in rows]), np.array([r for _, r in rows])
    share, clusters = right.mean(), len({*cluster.tolist()})
    assume(0.0 < share < 1.0 and 1 < clusters < len(rows))
    fit = sm.OLS(right.astype(float), np.ones(len(right))).fit(cov_type="cluster", cov_kwds={"groups": cluster})
    effect = max(1.0, float(fit.bse[0]) ** 2 / (share * (1 - share) / len(right)))
    assert _independent_rows(right, cluster, float(share)) == pytest.approx(len(right) / effect, rel=1e-9)


def test_copies_of_one_answer_make_no_interval_narrower() -> None:
    right, prompts = np.array([True, True, False, True, False]), np.arange(5)
    alone = interval(right, prompts)
    assert interval(np.repeat(right, 8), np.repeat(prompts, 8))[0] <= alone[0] + 0.02
    assert interval(np.ones(80, np.bool_), np.repeat(np.arange(10), 8)) == interval(
        np.ones(10, np.bool_), np.arange(10)
    )


def rollouts() -> dict[str, list[Any]]:
    return {
        "completion": [GOOD.format(x) for x in "BBCA"] + ["<answer>(D)</answer>", None, GOOD.format("A")],
        "gold": ["B", "B", "B", "C", "D", "D", None],
        "options": [["p", "q", "r", "s"]] * 4 + [["p", "q", "r", "s"], ["p", "q", "r", "s"], ["p", "q"]],
        "modality": ["MRI", "MRI", "MRI", "MRI", "CT", "CT", None],
    }


def test_slices_are_means_and_counts_by_value_null_last() -> None:
    ct, mri, none = Scorer("medvlm-r1").score(rollouts()).by("modality")
    assert (ct.value, ct.rows, ct.judged, ct.right, ct.accuracy) == ("CT", 2, 2, 1, 0.5)
    assert ct.means == {"reward": 0.5, "reward_format": 0.0, "reward_accuracy": 0.5}
    assert (mri.value, mri.rows, mri.judged, mri.right) == ("MRI", 4, 4, 2)
    assert mri.means == {"reward": 1.5, "reward_format": 1.0, "reward_accuracy": 0.5}
    assert (mri.constant_letter, mri.constant_accuracy, mri.guess_accuracy) == ("B", 0.75, 0.25)
    assert (mri.golds, mri.answers) == ({"B": 3, "C": 1}, {"A": 1, "B": 2, "C": 1})
    assert (none.value, none.rows, none.judged, none.accuracy, none.constant_letter) == (None, 1, 0, None, None)
    assert none.means["reward"] is None


def test_an_answer_counts_as_right_however_it_is_stated() -> None:
    data = {"completion": ["<answer>The answer is B</answer>"], "gold": ["B"], "set": ["x"]}
    (found,) = Scorer("medvlm-r1-eval").score(data).by("set")
    assert (found.means["reward_accuracy"], found.accuracy) == (0.0, 1.0)


@pytest.mark.parametrize(
    ("column", "values"), [("step", [3, 1, 2]), ("flag", [True, False, None]), ("share", [0.5, 0.25, 0.5])]
)
def test_numbers_and_booleans_tell_slices_too(column: str, values: list[object]) -> None:
    data = {"completion": [GOOD.format("B")] * 3, "gold": ["B"] * 3, column: values}
    named = [*sorted(value for value in {*values} if value is not None), *([None] if None in values else [])]  # type: ignore[type-var]
    found = Scorer().score(data).by(column)
    assert [one.value for one in found] == [None if value is None else str(value) for value in named]


def test_text_that_is_no_utf8_tells_slices_as_its_replacement() -> None:
    column = pa.array([b"\xff", b"a", None], pa.large_binary()).cast(pa.large_string(), safe=False)
    column = pa.Array.from_buffers(pa.large_string(), 3, column.buffers())
    data = pa.table({"completion": [GOOD.format("B")] * 3, "gold": ["B"] * 3, "set": column})
    assert [one.value for one in Scorer().score(data).by("set")] == ["a", "\N{REPLACEMENT CHARACTER}", None]


def test_a_column_that_is_not_there_or_tells_nothing_is_an_error() -> None:
    data = {"completion": ["x"], "gold": ["B"], "lists": [["a"]]}
    with pytest.raises(InputError, match="completion, gold, lists"):
        Scorer().score(data).by("modality")
    with pytest.raises(InputError, match="no single values"):
        Scorer().score(data).by("lists")
    many = {"completion": ["x"] * 10_001, "gold": ["B"] * 10_001, "id": [*range(10_001)]}
    with pytest.raises(InputError, match="too many different values"):
        Scorer().score(many).by("id")


def test_guessing_a_set_of_labels_is_guessing_among_all_sets_but_the_empty_one() -> None:
    data = {"completion": ["<answer>A, B</answer>"], "gold": [["A", "B"]], "options": [["p", "q", "r"]], "set": ["x"]}
    (found,) = Scorer(AnswerLabels()).score(data).by("set")
    assert (found.accuracy, found.constant_letter, found.guess_accuracy) == (1.0, "A,B", 1 / 7)
