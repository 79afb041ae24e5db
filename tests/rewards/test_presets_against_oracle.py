"""Published rewards over columns equal the same rules written again with ``re``, on hostile text."""

from __future__ import annotations

import re

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from medreward import PRESETS, Scorer
from medreward.rewards.presets.base import COMPLETIONS, OPTIONS
from tests import hostile
from tests.oracle import published

BODIES = (
    *(
        "B",
        "b",
        " B\n",
        "B.",
        "(B)",
        "A or B.",
        "B. Lungs",
        "b. LUNGS",
        "Lungs",
        "B: Lungs",
        "B:Lungs.,",
        "B: Lungs\nso",
    ),
    *("A: x / y", "A:x/y", "Mass", "Mass, Nodule", "No Finding", "Normal.", "normal", "It is not B, the answer is C."),
    *("", " ", "A\n", "think so: D", "_A", "A-B", "C,", "答案是B。"),
)
AROUND = ("{}", "{}", "{}", "\n{}", "{}\n", "\n{}\n", "{}\n\n", " {}")
LITERAL = re.compile(r"(</?(?:think|answer)>)")


@st.composite
def completions(draw: st.DrawFn) -> str:
    """Hostile text, or an ordinary answer; newlines and spaces beside tags, and inside them, are frequent."""
    spaced = st.sampled_from(AROUND)
    if draw(st.booleans()):
        parts = LITERAL.split(draw(hostile.COMPLETIONS))
    else:
        thought, body = draw(st.sampled_from(("t", "a\nb", "", " \n", "B"))), draw(st.sampled_from(BODIES))
        parts = [
            "",
            "<think>",
            thought,
            "</think>",
            "",
            "<answer>",
            body,
            "</answer>",
            draw(st.sampled_from(("", " x"))),
        ]
    pieces = [draw(spaced).format(part) if LITERAL.fullmatch(part) else part for part in parts]
    if draw(st.integers(0, 3)) == 0:
        pieces = [re.sub(r"([<>/])", r" \1 ", piece) if LITERAL.fullmatch(piece.strip()) else piece for piece in pieces]
    return "".join(pieces)


TABLES = st.lists(completions(), min_size=1, max_size=40)
SCORERS = {name: Scorer(name) for name in published.ORACLES}
CALLABLE = [name for name in published.ORACLES if None not in PRESETS[name].document.libraries().values()]
"""Those whose libraries, if they call any, are installed."""


@settings(max_examples=40)
@given(texts=TABLES, turn=st.integers(0, 100))
@example(texts=[*COMPLETIONS.values()], turn=0)
@example(texts=[case.completion or "" for preset in PRESETS.values() for case in preset.cases], turn=0)
def test_published_rewards_are_their_oracles(texts: list[str], turn: int) -> None:
    for name in CALLABLE:
        oracle, golds = published.ORACLES[name]
        gold = [golds[(turn + place) % len(golds)] for place in range(len(texts))]
        table = {"completion": texts, "gold": gold, "options": [list(OPTIONS.texts)] * len(texts)}
        scores = SCORERS[name].score(table)
        found = [scores.column(f"reward_{component}").tolist() for component in PRESETS[name].components]
        expected = [oracle(text, one) for text, one in zip(texts, gold, strict=True)]
        assert (name, list(zip(*found, strict=True))) == (name, expected)


@settings(max_examples=20)
@given(texts=TABLES)
def test_the_composite_total_is_the_tangent_of_its_terms(texts: list[str]) -> None:
    rewards = SCORERS["composite-medqa"].score({"completion": texts, "gold": ["B"] * len(texts)}).rewards.tolist()
    expected = [published.composite_total(published.composite_medqa(text, "B")) for text in texts]
    assert rewards == pytest.approx(expected, rel=1e-15)
