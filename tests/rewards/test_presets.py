"""Published rewards earn what was observed of the originals, and the paper's own what was written by hand."""

from __future__ import annotations

import pytest

from medreward import PRESETS, Scorer, prompt, score_one
from medreward.rewards import Case, WeightedSum
from medreward.rewards.group_rule import group_rules
from medreward.rewards.presets.base import COMPLETIONS, FIGURE_1, GOLD, OPTIONS
from tests.libraries import skip_without


def worth(name: str, case: Case) -> float | None:
    """What a preset gives a case's completion, among the others of its group where it compares them."""
    if not group_rules(PRESETS[name].reward):
        return score_one(case.completion, case.gold, case.options, name, columns=case.columns)
    texts = [case.completion, *case.others]
    table = {"completion": texts, "gold": [case.gold] * len(texts), "group_id": [1] * len(texts)}
    found: float | None = Scorer(name).score(table).table["reward"].to_pylist()[0]
    return found


def golden_cases(name: str) -> list[Case]:
    """The completions that all presets are tried on, as cases."""
    texts, columns = COMPLETIONS.values(), PRESETS[name].columns
    return [Case("golden", text, None, gold=GOLD, options=OPTIONS, columns=columns) for text in texts]


@pytest.mark.parametrize("name", PRESETS)
def test_golden_vectors(name: str) -> None:
    skip_without(name)
    preset = PRESETS[name]
    assert list(preset.golden) == list(COMPLETIONS)
    count = len(COMPLETIONS)
    table = {
        "completion": [*COMPLETIONS.values()],
        "gold": [GOLD] * count,
        "options": [list(OPTIONS.texts)] * count,
        "group_id": [*range(count)],
        **{column: [value] * count for column, value in preset.columns.items()},
    }
    scores = Scorer(name).score(table)
    for place, component in enumerate(preset.components):
        expected = {completion: values[place] for completion, values in preset.golden.items()}
        assert dict(zip(COMPLETIONS, scores.column(f"reward_{component}").tolist(), strict=True)) == expected


@pytest.mark.parametrize(("name", "case"), [(name, case) for name in PRESETS for case in PRESETS[name].cases])
def test_further_golden_vectors(name: str, case: Case) -> None:
    skip_without(name)
    assert worth(name, case) == case.value


SUMMED = [name for name in PRESETS if isinstance(PRESETS[name].reward, WeightedSum)]


@pytest.mark.parametrize("name", SUMMED)
def test_a_sum_is_the_weighted_sum_of_its_golden_components(name: str) -> None:
    skip_without(name)
    preset = PRESETS[name]
    reward = preset.reward
    assert isinstance(reward, WeightedSum)
    weights = [part.weight for part in reward.parts]
    for completion, values in preset.golden.items():
        total = sum(weight * value for weight, value in zip(weights, values, strict=True))
        assert score_one(COMPLETIONS[completion], GOLD, OPTIONS, name, columns=preset.columns) == total


@pytest.mark.parametrize("name", PRESETS)
def test_the_golden_vectors_reach_the_values_that_are_listed_and_no_other(name: str) -> None:
    skip_without(name)
    preset = PRESETS[name]
    reached = {worth(name, case) for case in golden_cases(name)}
    reached |= {case.value for case in preset.cases} - {None}
    low, high = preset.reward.bounds()
    assert all(value is not None and low <= value <= high for value in reached)
    if preset.values:
        assert reached <= {*preset.values}
        assert {*preset.values} - reached <= {0.5}
        assert (preset.values[0], preset.values[-1]) == (low, high)


def test_figure_1_earns_half_credit_in_the_paper_and_none_in_the_authors_code() -> None:
    completion = f"<think>The image is clear.</think><answer>{FIGURE_1}</answer>"
    assert score_one(completion, "B", reward="medvlm-r1") == 1.5
    assert score_one(completion, "B", reward="medvlm-r1-code") == 1.0


@pytest.mark.parametrize(
    ("gold", "value"),
    [("B", 2.0), ("b", 2.0), ("<answer> B </answer>", 2.0), ("<ANSWER>b</ANSWER>", 2.0), ("yes", 1.0), ("Lungs", 1.0)],
)
def test_the_authors_code_compares_the_gold_cell_and_never_pays_for_one_that_is_no_letter(
    gold: str, value: float
) -> None:
    assert score_one("<think>t</think><answer>B</answer>", gold, reward="medvlm-r1-code") == value


def test_the_authors_evaluator_compares_the_gold_cell_as_it_is() -> None:
    text = "<answer>B</answer>"
    assert [score_one(text, gold, reward="medvlm-r1-eval") for gold in ("B", "b", " B")] == [1.0, 0.0, 0.0]


def test_the_authors_code_folds_the_long_s_as_its_flag_does() -> None:
    assert score_one("<think>t</think><an\u017fwer>B</answer>", "B", reward="medvlm-r1-code") == 1.0


@pytest.mark.parametrize(
    ("body", "value"),
    [("B.", 0.5), ("not B", 0.5), ("B B", 0.0), ("B or C", 0.0), ("Option B", 0.0), ("The answer is B", 0.0)],
)
def test_the_authors_code_counts_letters_inside_words(body: str, value: float) -> None:
    assert score_one(f"<answer>{body}</answer>", "B", reward="medvlm-r1-code") == value


def test_the_paper_prompt_lists_the_options_and_asks_for_both_tags() -> None:
    text = prompt("What is shown?", {"A": "Heart", "B": "Lungs"})
    assert text.splitlines()[:3] == ["What is shown?", "A) Heart", "B) Lungs"]
    assert text.endswith("3. No extra information or text outside of these tags.")
    assert "<think>...</think>" in text
    assert "<answer>...</answer>" in text
