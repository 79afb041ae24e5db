"""Math verified: Math-Verify takes what it finds in the completion for what it finds in the gold."""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import lru_cache
from typing import Any, ClassVar, Literal

from pydantic import Field

from medreward.errors import RuleError
from medreward.rewards.base import Case
from medreward.rewards.library import RAISED, LibraryRule, library
from medreward.spec import Flag, Whole
from medreward.text.facts import Body, Extracted
from medreward.text.facts.extracted import AnyExtracted

__all__ = ["CASES", "MathVerified"]

_WHOLE = Extracted(body=Body(pick="whole"), by=())


class TimedOutError(Exception):
    """The library took longer than it may."""


class MathVerified(LibraryRule):
    """1 if Math-Verify, with its default settings, verifies the completion against the gold, else 0.

    A bare letter is no mathematics to it: a gold in which it finds nothing is never verified, and then the completion
    is not parsed at all.

    Args:
        answer: which text is parsed.
        gold: which text of the gold cell is parsed.
        gold_first: whether the gold is given in the library's place for golds. Its comparison is not symmetric, and
            published code often gives the completion there.
        seconds: how long one parse or comparison may take; longer counts as raising. The library uses an alarm
            signal, so a limit needs the main thread. None for no limit.
        on_error: what a text is worth on which the library raises.

    Source:
        Math-Verify, huggingface/Math-Verify; the extra ``judge`` brings it.
    """

    kind: Literal["math_verified.v1"] = "math_verified.v1"
    answer: AnyExtracted = _WHOLE
    gold: AnyExtracted = _WHOLE
    gold_first: Flag = True
    seconds: Whole | None = Field(default=5, ge=1)

    packages: ClassVar[tuple[str, ...]] = ("math-verify", "latex2sympy2_extended", "sympy")
    raised: ClassVar[tuple[type[BaseException], ...]] = (*RAISED, TimedOutError)

    def judges(self, answers: list[str], golds: list[str]) -> Callable[[int, int], bool]:
        """Parse each text once, the golds first."""
        verifier = library("math-verify", "math_verify")
        timed_out = library("math-verify", "math_verify.errors").TimeoutException
        if self.seconds is not None and threading.current_thread() is not threading.main_thread():
            raise RuleError(
                "needs_main_thread",
                "Math-Verify keeps its time limit with an alarm signal, which only the main thread has",
                do="score in the main thread or in processes, or set 'seconds' to null",
            )

        def limited(call: Callable[..., Any], *texts: Any, **limit: int | None) -> Any:
            try:
                return call(*texts, **limit, raise_on_error=True)
            except timed_out as error:
                raise TimedOutError(f"more than {self.seconds} seconds") from error

        parse = lru_cache(maxsize=None)(lambda text: limited(verifier.parse, text, parsing_timeout=self.seconds))

        def judge(answer: int, gold: int) -> bool:
            wanted = parse(golds[gold])
            if not wanted:
                return False
            sides = (wanted, parse(answers[answer])) if self.gold_first else (parse(answers[answer]), wanted)
            return bool(limited(verifier.verify, *sides, timeout_seconds=self.seconds))

        return judge


CASES = (
    Case("maximum", "<answer> 3 </answer>", 1, gold="3"),
    Case("no space", "<answer>3</answer>", 0, gold="3"),
    Case("maximum", "It is $\\frac{1}{2}$.", 1, gold="0.5"),
    Case("maximum", "so \\boxed{B}", 1, gold="$B$"),
    Case("zero", "<answer>3</answer>", 0, gold="4"),
    Case("zero", "B", 0),
    Case("zero", "\\boxed{B}", 0),
    Case("malformed", "<answer> 3", 1, gold="<answer> 3 </answer>"),
    Case("empty", "", 0, gold="3"),
    Case("non_ascii", "肺 3", 1, gold="3"),
    Case("null", None, None),
    Case("null", "3", None, gold=None),
)
