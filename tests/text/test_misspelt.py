"""Misspelt tags: named where a literal is missing and something one edit away stands there, and nowhere else."""

from __future__ import annotations

import pyarrow as pa
import pytest

from medreward import score_one
from medreward.text import Reading, Rows
from medreward.text.facts import MisspeltTag

FINE = "<think>t</think><answer>B</answer>"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("<think>t</think>answer>B</answer>", True),
        ("<chink>t</think><answer>B</answer>", True),
        ("s(think>t</think><answer>B</answer>", True),
        ("<think>t</think>\n<answer B</answer>", True),
        ("<think>t/think><answer>B</answer>", True),
        ("<think>t</think><answer>B</answer", True),
        ("<think>t</think><answer>B</ answer>", True),
        ("<think >t</think><answer>B</answer>", True),
        ("<think>t</think><answers>B</answer>", True),
        ("<think >t> and so</think><answer>B</answer>", True),
        ("<think>t</think><anwser>B</answer>", False),  # two edits
        ("<thinking>t</think><answer>B</answer>", False),
        ("<THINK>t</think><answer>B</answer>", False),  # a matter of case, which has a flaw of its own
        ("<think>t</think><answer>B", False),
        ("I think > 5 and x < 3", False),
        ("B", False),
        ("", False),
        (FINE, False),
        (FINE + " answer> <chink>", False),  # nothing is missing
        ("<" * 1000 + FINE[7:], False),
        ("<x" * 1000 + "<chink>" + FINE[7:], True),
    ],
)
def test_near_misses(text: str, expected: bool) -> None:
    assert Reading(Rows.of(pa.array([FINE, text, FINE])))[MisspeltTag()].tolist() == [False, expected, False]


def test_a_misspelt_tag_earns_what_a_missing_one_earns() -> None:
    assert score_one("<chink>t</think><answer>B</answer>", "B") == score_one("t</think><answer>B</answer>", "B") == 1.0
