"""Math verified: Math-Verify takes what it finds in the completion for what it finds in the gold."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
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

    def hopes(self, golds: list[str]) -> list[bool]:
        """Golds in which something is found, or on which the library raises."""
        return [self._has_mathematics(gold) for gold in golds]

    def _has_mathematics(self, gold: str) -> bool:
        try:
            return bool(_parse_gold(_library(self.seconds), gold))
        except self.raised:
            return True

    def judges(self, answers: list[str], golds: list[str]) -> Callable[[int, int], bool]:
        """Parse each text once."""
        asked = _library(self.seconds)
        parse = lru_cache(maxsize=None)(asked.parse)

        def judge(answer: int, gold: int) -> bool:
            wanted = _parse_gold(asked, golds[gold])
            given = parse(answers[answer])
            return asked.verify(*(wanted, given) if self.gold_first else (given, wanted))

        return judge


@dataclass(frozen=True)
class _Limited:
    """Math-Verify, what it raises let through and what takes too long made an exception of ours."""

    parser: Callable[..., Any]
    verifier: Callable[..., Any]
    timed_out: type[BaseException]
    seconds: int | None

    def parse(self, text: str) -> Any:
        """What is found in a text."""
        return self._call(self.parser, text, parsing_timeout=self.seconds)

    def verify(self, gold: Any, answer: Any) -> bool:
        """Whether they are the same."""
        return bool(self._call(self.verifier, gold, answer, timeout_seconds=self.seconds))

    def _call(self, function: Callable[..., Any], *arguments: Any, **limit: int | None) -> Any:
        try:
            return function(*arguments, **limit, raise_on_error=True)
        except self.timed_out as error:
            raise TimedOutError(f"more than {self.seconds} seconds") from error


def _library(seconds: int | None) -> _Limited:
    """Math-Verify with a limit on time.

    Raises:
        RuleError: ``needs_main_thread``.
    """
    module = library("math-verify", "math_verify")
    if seconds is not None and threading.current_thread() is not threading.main_thread():
        raise RuleError(
            "needs_main_thread",
            "Math-Verify keeps its time limit with an alarm signal, which only the main thread has",
            do="score in the main thread or in processes, or set 'seconds' to null",
        )
    errors = library("math-verify", "math_verify.errors")
    return _Limited(module.parse, module.verify, errors.TimeoutException, seconds)


@lru_cache(maxsize=4096)
def _parse_gold(asked: _Limited, gold: str) -> Any:
    """What is found in a gold: golds come again in every batch."""
    return asked.parse(gold)


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
