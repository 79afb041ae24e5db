"""R1-V's and EasyR1's accuracy with the libraries they call, one string at a time as they call them."""

from __future__ import annotations

import math
from itertools import chain, combinations
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from medreward import Scorer
from medreward.rewards.presets.base import COMPLETIONS
from tests.oracle.published import FINDINGS, block_then_block, equal_answer, first_on_a_line
from tests.rewards.test_presets_against_oracle import TABLES

math_verify: Any = pytest.importorskip("math_verify", reason="needs the extra judge")
latex: Any = pytest.importorskip("latex2sympy2_extended", reason="needs the extra judge")
grader: Any = pytest.importorskip("mathruler.grader", reason="needs the extra judge")

MATRIX = "$\\begin{pmatrix}1&2\\\\3&4\\end{pmatrix}$"
"""The library fails to compare it with a division by zero."""
GOLDS = (
    "B",
    "<answer> B </answer>",
    "3",
    "<answer> 0.5 </answer>",
    "$\\frac{1}{2}$",
    "$B$",
    "",
    "12%",
    "(1, 2)",
    MATRIX,
    "$\\frac{1}{0}$",
)
MATHEMATICS = (
    *(
        "3",
        " 3 ",
        "0.5",
        "1/2",
        "$\\frac{1}{2}$",
        "\\boxed{B}",
        "\\boxed{3}",
        "$B$",
        "x = 3",
        "3, 4",
        "50%",
        "\\frac{1}{2}",
    ),
    *("$\\frac{1}{0}$", MATRIX),
    *("(1, 2)", "[1,2]", "1,000", "three", "12 %", "\\text{B}", "-3", "3.0 and 4"),
)
ANSWERS = st.lists(
    st.builds(
        "<think>{}</think><answer>{}</answer>".format,
        st.sampled_from(("t", "so 3", "$B$")),
        st.sampled_from(MATHEMATICS),
    ),
    min_size=1,
    max_size=8,
)
EACH_WITH_EVERY_GOLD = [text for text in COMPLETIONS.values() for _ in GOLDS]
R1_V, R1V = Scorer("r1-v"), Scorer("easyr1-r1v")


def r1_v_accuracy(text: str, gold: str) -> float:
    """Verified, the completion in the gold's place, or equal."""
    if math_verify.verify(math_verify.parse(text), math_verify.parse(gold)):
        return 1.0
    return equal_answer(text, gold)


@settings(max_examples=60, deadline=None)
@given(texts=ANSWERS | TABLES, turn=st.integers(0, 100))
@example(texts=["The answer is $\\frac{1}{2}$", "3", "<answer>B</answer>"], turn=3)
@example(texts=EACH_WITH_EVERY_GOLD, turn=0)
def test_r1_v_is_math_verify_or_an_equal_string(texts: list[str], turn: int) -> None:
    golds = [GOLDS[(turn + place) % len(GOLDS)] for place in range(len(texts))]
    scores = R1_V.score({"completion": texts, "gold": golds})
    expected = [r1_v_accuracy(text, gold) for text, gold in zip(texts, golds, strict=True)]
    assert scores.column("reward_accuracy").tolist() == expected
    assert scores.column("reward_format").tolist() == [block_then_block(text) for text in texts]


@settings(max_examples=60, deadline=None)
@given(texts=ANSWERS | TABLES, turn=st.integers(0, 100))
@example(texts=EACH_WITH_EVERY_GOLD, turn=0)
def test_easyr1_r1v_is_mathrulers_verdict(texts: list[str], turn: int) -> None:
    golds = [GOLDS[(turn + place) % len(GOLDS)] for place in range(len(texts))]
    scores = R1V.score({"completion": texts, "gold": golds})
    theirs = [bool(grader.grade_answer(first_on_a_line(t), g.strip())) for t, g in zip(texts, golds, strict=True)]
    assert scores.column("reward_accuracy").tolist() == theirs
    totals = [0.5 * float(a) + 0.5 * block_then_block(t) for a, t in zip(theirs, texts, strict=True)]
    assert scores.rewards.tolist() == totals


def test_math_verify_finds_nothing_in_letters_or_in_the_labels_of_chest_films() -> None:
    letters = [
        form.format(letter) for letter in "ABCDEFGHIJ" for form in ("{}", "<answer> {} </answer>", "({})", "{}.")
    ]
    pairs = chain(FINDINGS, ("|".join(pair) for pair in combinations(FINDINGS, 2)))
    assert [text for text in chain(letters, pairs) if math_verify.parse(text)] == []


def test_a_number_inside_tags_without_spaces_is_not_found() -> None:
    assert math_verify.parse("<answer>3</answer>") == []
    assert math_verify.parse("<answer> 3 </answer>") == [3, "3"]


LATEX_GOLDS = (MATRIX, "$\\frac{1}{0}$", "$3$", "$\\frac{1}{2}$", "3", "B", "$B$", "\\boxed{3}")
BOXED = st.lists(
    st.builds(
        "{}{}{}".format,
        st.sampled_from(("", "so ", "x" * 600)),
        st.sampled_from(MATHEMATICS),
        st.sampled_from(("", " " * 900)),
    ),
    min_size=1,
    max_size=8,
)
COSINE = Scorer("open-r1-cosine")


def open_r1_answer(text: str) -> Any:
    """What the repository finds in a completion."""
    normalized = latex.NormalizationConfig(
        nits=False, malformed_operators=False, basic_latex=True, equations=True, boxed=True, units=True
    )
    answers = math_verify.LatexExtractionConfig(
        normalization_config=normalized, boxed_match_priority=0, try_extract_without_anchor=False
    )
    return math_verify.parse(text, extraction_mode="first_match", extraction_config=[answers])


def open_r1_cosine(text: str, gold: str) -> float:
    """The repository's function, one string at a time, with its training script's values."""
    golds = [math_verify.LatexExtractionConfig()]
    wanted = math_verify.parse(gold, extraction_mode="first_match", extraction_config=golds)
    if not wanted:
        return 1.0
    low, high = (0.5, 1.0) if math_verify.verify(open_r1_answer(text), wanted) else (-0.5, 0.0)
    return low + 0.5 * (high - low) * (1.0 + math.cos(len(text) / 1000 * math.pi))


@settings(max_examples=60, deadline=None)
@given(texts=BOXED | ANSWERS | TABLES, turn=st.integers(0, 100))
def test_open_r1_cosine_is_the_repositorys(texts: list[str], turn: int) -> None:
    golds = [LATEX_GOLDS[(turn + place) % len(LATEX_GOLDS)] for place in range(len(texts))]
    found = COSINE.score({"completion": texts, "gold": golds}).rewards.tolist()
    assert found == [open_r1_cosine(text, gold) for text, gold in zip(texts, golds, strict=True)]


def open_r1_length(texts: list[str], golds: list[str]) -> list[float]:
    """The repository's function for the completions of one call."""
    settings_of_gold = [math_verify.LatexExtractionConfig()]
    right = []
    for text, gold in zip(texts, golds, strict=True):
        wanted = math_verify.parse(gold, extraction_mode="first_match", extraction_config=settings_of_gold)
        right.append(not wanted or math_verify.verify(open_r1_answer(text), wanted))
    least, most = min(map(len, texts)), max(map(len, texts))
    if least == most:
        return [0.0] * len(texts)
    shares = [0.5 - (len(text) - least) / (most - least) for text in texts]
    return [share if good else min(0, share) for share, good in zip(shares, right, strict=True)]


@settings(max_examples=40, deadline=None)
@given(texts=BOXED, turn=st.integers(0, 100))
def test_open_r1_length_of_one_prompt_is_the_repositorys(texts: list[str], turn: int) -> None:
    golds = [LATEX_GOLDS[turn % len(LATEX_GOLDS)]] * len(texts)
    table = {"completion": texts, "gold": golds, "group_id": [1] * len(texts)}
    assert Scorer("open-r1-length").score(table).rewards.tolist() == open_r1_length(texts, golds)
