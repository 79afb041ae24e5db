"""Published rewards earn what was observed of the originals, and the paper's own what was written by hand."""

from __future__ import annotations

import pytest

from medreward import PRESETS, Scorer, prompt, score_one
from medreward.rewards.presets.base import COMPLETIONS, FIGURE_1, GOLD, OPTIONS


@pytest.mark.parametrize("name", PRESETS)
def test_golden_vectors(name: str) -> None:
    preset = PRESETS[name]
    assert list(preset.golden) == list(COMPLETIONS)
    count = len(COMPLETIONS)
    table = {"completion": [*COMPLETIONS.values()], "gold": [GOLD] * count, "options": [list(OPTIONS.texts)] * count}
    scores = Scorer(name).score(table)
    for component in preset.components:
        expected = [values[preset.components.index(component)] for values in preset.golden.values()]
        assert dict(zip(COMPLETIONS, scores.column(f"reward_{component}").tolist(), strict=True)) == dict(
            zip(COMPLETIONS, expected, strict=True)
        )
    assert scores.rewards.tolist() == [sum(values) for values in preset.golden.values()]


@pytest.mark.parametrize("name", PRESETS)
def test_the_golden_vectors_reach_every_total_but_half_a_point_alone(name: str) -> None:
    reached = {float(sum(values)) for values in PRESETS[name].golden.values()}
    assert reached | {0.5} >= {*PRESETS[name].values} >= reached


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
