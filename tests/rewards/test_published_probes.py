"""What the shipped functions of seven trainers were observed to give, probe by probe."""

from __future__ import annotations

import pytest

from medreward import Scorer, score_one
from tests.libraries import skip_without

FORMATS = ("trl-think-format", "open-r1-format", "open-r1-tag-count", "vlm-r1-mcq", "ms-swift-format", "easyr1-r1v")
BLOCK = "<answer>B</answer>"
SHAPES: dict[str, tuple[float, float, float, float, float, float, float]] = {
    # TRL, open-r1, its tag count, VLM-R1, ms-swift, EasyR1, NeMo-RL
    f"<think>r</think>{BLOCK}": (1, 0, 0, 1, 1, 1, 1),
    "<think>\nr\n</think>\n<answer>\nB\n</answer>": (1, 1, 1, 1, 1, 1, 1),
    f"r</think>{BLOCK}": (0, 0, 0, 0, 0, 0, 0.75),
    f"\n<think>r</think>{BLOCK}": (0, 0, 0, 0, 0, 0, 1),
    f"<think>r</think>{BLOCK} ok": (1, 0, 0, 0, 0, 0, 1),
    f"<think>r</think>{BLOCK}<|im_end|>": (1, 0, 0, 0, 0, 0, 1),
    f"<think>r</think>{BLOCK * 2}": (1, 0, 0, 1, 1, 1, 1),
    f"<think>r</think>{BLOCK * 100}": (1, 0, 0, 1, 1, 1, 1),
    f"<think><think>r</think>{BLOCK}": (0, 0, 0, 1, 1, 1, 1),
    f"<think>{BLOCK}</think>{BLOCK}": (1, 0, 0, 1, 1, 1, 1),
    "<think></think><answer></answer>": (1, 0, 0, 1, 1, 1, 1),
    f"</think><think>r{BLOCK}": (0, 0, 0, 0, 0, 0, 0.75),
}
ANSWERS: dict[str, tuple[float, float]] = {  # VLM-R1, NeMo-RL's letters and digits; the gold is B
    "B": (1, 1),
    "B. Pneumonia": (1, 0),
    "(B)": (0, 1),
    "**B**": (0, 1),
    "$B$": (0, 1),
    "b": (1, 1),
    "Answer: B": (1, 0),
    "Ｂ": (0, 0),
    "B。": (0, 1),
    "A fracture is not seen, so B": (1, 0),
    "A or B": (1, 0),
}


@pytest.mark.parametrize("name", FORMATS)
def test_formats_of_trainers_are_what_was_observed(name: str) -> None:
    skip_without(name)
    scores = Scorer(name).score({"completion": [*SHAPES], "gold": ["B"] * len(SHAPES)})
    component = "tag_count" if name == "open-r1-tag-count" else "format"
    found = dict(zip(SHAPES, scores.column(f"reward_{component}").tolist(), strict=True))
    assert found == {text: values[FORMATS.index(name)] for text, values in SHAPES.items()}


def test_nemo_rls_format_is_what_was_observed() -> None:
    found = Scorer("nemo-rl-format").score({"completion": [*SHAPES]}).rewards.tolist()
    assert found == [values[-1] for values in SHAPES.values()]


@pytest.mark.parametrize(("body", "values"), ANSWERS.items())
def test_letters_of_trainers_are_what_was_observed(body: str, values: tuple[float, float]) -> None:
    text = f"<think>r</think><answer>{body}</answer>"
    assert score_one(text, "B", reward="vlm-r1-mcq") == 1 + values[0]
    assert score_one(text, "B", reward="nemo-rl-exact-alnum") == values[1]


def test_a_letter_denied_and_a_letter_in_the_reasoning_alone_are_what_was_observed() -> None:
    denied = "<think>r</think><answer>It is not B, the answer is D.</answer>"
    assert (score_one(denied, "D", reward="vlm-r1-mcq"), score_one(denied, "D", reward="nemo-rl-exact-alnum")) == (2, 0)
    alone = "<think>It is B.</think>"
    assert score_one(alone, "B", reward="nemo-rl-exact-alnum") == 0
