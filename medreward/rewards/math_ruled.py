"""Math ruled: MathRuler grades the answer as equal to the gold."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar, Literal

from medreward.rewards.base import Case
from medreward.rewards.library import LibraryRule, library
from medreward.text.facts import Body, Extracted
from medreward.text.facts.extracted import AnyExtracted

__all__ = ["CASES", "MathRuled"]


class MathRuled(LibraryRule):
    r"""1 if MathRuler grades the answer as the gold, else 0. It compares text without case, and mathematics as such.

    A letter in brackets or in ``\boxed{}`` equals the letter; one with a full stop or a half bracket does not. It
    calls sympy without a limit on time.

    Args:
        answer: which text is graded.
        gold: which text of the gold cell it is graded against.
        on_error: what a text is worth on which the library raises.

    Source:
        MathRuler, hiyouga/MathRuler; the extra ``judge`` brings it with what it needs and does not declare.
    """

    kind: Literal["math_ruled.v1"] = "math_ruled.v1"
    answer: AnyExtracted = Extracted()
    gold: AnyExtracted = Extracted(body=Body(pick="whole"))

    packages: ClassVar[tuple[str, ...]] = ("mathruler", "pylatexenc", "sympy")

    def judges(self, answers: list[str], golds: list[str]) -> Callable[[int, int], bool]:
        """Grade each pair."""
        grade = library("mathruler", "mathruler.grader").grade_answer
        return lambda answer, gold: bool(grade(answers[answer], golds[gold]))


CASES = (
    Case("maximum", "<answer>B</answer>", 1),
    Case("maximum", "<answer>b</answer>", 1),
    Case("maximum", "<answer>(B)</answer>", 1),
    Case("maximum", "<answer>\\boxed{B}</answer>", 1),
    Case("maximum", "<answer>1/2</answer>", 1, gold="0.5"),
    Case("zero", "<answer>B.</answer>", 0),
    Case("zero", "<answer>**B**</answer>", 0),
    Case("zero", "<answer>C</answer>", 0),
    Case("zero", "B", 0),
    Case("malformed", "<answer>B", 0),
    Case("empty", "", 0),
    Case("non_ascii", "<answer>Ｂ</answer>", 0),
    Case("null", None, None),
    Case("null", "<answer>B</answer>", None, gold=None),
)
