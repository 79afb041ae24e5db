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

__all__ = ["CASES", "MathRule", "MathVerified"]

_WHOLE = Extracted(body=Body(pick="whole"), by=())


class TimedOutError(Exception):
    """The library took longer than it may."""


class MathRule(LibraryRule):
    """What rules that ask Math-Verify have in common."""

    answer: AnyExtracted = _WHOLE
    gold: AnyExtracted = _WHOLE
    reads: Literal["default", "open_r1"] = "default"
    seconds: Whole | None = Field(default=5, ge=1)

    packages: ClassVar[tuple[str, ...]] = ("math-verify", "latex2sympy2_extended", "sympy")
    raised: ClassVar[tuple[type[BaseException], ...]] = (*RAISED, TimedOutError)

    def _library(self) -> _Limited:
        return _library(self.reads, self.seconds, raises=self.on_error != "no")

    def _finds(self, golds: list[str]) -> Callable[[int, int], bool]:
        """A function from the place of a gold to whether something is found in it."""
        asked = self._library()
        return lambda _, gold: bool(_parse_gold(asked, golds[gold]))


class MathVerified(MathRule):
    """1 if Math-Verify verifies the completion against the gold, else 0.

    A bare letter is no mathematics to it: a gold in which it finds nothing is never verified, and then the completion
    is not parsed at all.

    Args:
        answer: which text is parsed.
        gold: which text of the gold cell is parsed.
        reads: ``default``: the library's own settings. ``open_r1``: LaTeX alone and the first match, in the completion
            a boxed one before others and none without an anchor, with that repository's normalisation.
        gold_first: whether the gold is given in the library's place for golds. Its comparison is not symmetric, and
            published code often gives the completion there.
        without_mathematics: what a gold in which nothing is found gives every completion.
        seconds: how long one parse or comparison may take; longer counts as raising. The library uses an alarm
            signal, so a limit needs the main thread. None for no limit.
        on_error: what a text is worth on which the library raises. With ``no`` it is asked as published code asks it:
            what it fails on inside is nothing found or not the same to it, and the other readings of the text still
            count.

    Source:
        Math-Verify, huggingface/Math-Verify; the extra ``judge`` brings it.
    """

    kind: Literal["math_verified.v1"] = "math_verified.v1"
    gold_first: Flag = True
    without_mathematics: Literal[0, 1] = 0

    def hopes(self, golds: list[str]) -> list[bool]:
        """Golds in which something is found, or on which the library raises."""
        finds = self._finds(golds)
        return [self._may_find(finds, place) for place in range(len(golds))]

    def _may_find(self, finds: Callable[[int, int], bool], place: int) -> bool:
        try:
            return finds(0, place)
        except self.raised:
            return self.on_error != "no"

    def without_hope(self) -> float:
        """What such a gold gives."""
        return float(self.without_mathematics)

    def judges(self, answers: list[str], golds: list[str]) -> Callable[[int, int], bool]:
        """Parse each text once."""
        asked = self._library()
        parse = lru_cache(maxsize=None)(asked.parse)

        def judge(answer: int, gold: int) -> bool:
            wanted = _parse_gold(asked, golds[gold])
            given = parse(answers[answer])
            return asked.verify(*(wanted, given) if self.gold_first else (given, wanted))

        return judge


@dataclass(frozen=True)
class _Limited:
    """Math-Verify, what it raises let through or kept inside, and what takes too long made an exception of ours."""

    parser: Callable[..., Any]
    verifier: Callable[..., Any]
    timed_out: type[BaseException]
    reads: Literal["default", "open_r1"]
    seconds: int | None
    raises: bool

    def parse(self, text: str) -> Any:
        """What is found in a completion."""
        return self._parse(text, _open_r1_answers)

    def parse_gold(self, text: str) -> Any:
        """What is found in a gold."""
        return self._parse(text, _open_r1_golds)

    def _parse(self, text: str, settings: Callable[[], dict[str, Any]]) -> Any:
        chosen = settings() if self.reads == "open_r1" else {}
        return self._call(self.parser, text, parsing_timeout=self.seconds, **chosen)

    def verify(self, gold: Any, answer: Any) -> bool:
        """Whether they are the same."""
        return bool(self._call(self.verifier, gold, answer, timeout_seconds=self.seconds))

    def _call(self, function: Callable[..., Any], *arguments: Any, **options: Any) -> Any:
        try:
            return function(*arguments, **options, raise_on_error=self.raises)
        except self.timed_out as error:
            raise TimedOutError(f"more than {self.seconds} seconds") from error


@lru_cache(maxsize=1)
def _open_r1_golds() -> dict[str, Any]:
    verify = library("math-verify", "math_verify")
    return {"extraction_mode": "first_match", "extraction_config": [verify.LatexExtractionConfig()]}


@lru_cache(maxsize=1)
def _open_r1_answers() -> dict[str, Any]:
    verify = library("math-verify", "math_verify")
    normalized = library("latex2sympy2_extended", "latex2sympy2_extended").NormalizationConfig(
        nits=False, malformed_operators=False, basic_latex=True, equations=True, boxed=True, units=True
    )
    latex = verify.LatexExtractionConfig(
        normalization_config=normalized, boxed_match_priority=0, try_extract_without_anchor=False
    )
    return {"extraction_mode": "first_match", "extraction_config": [latex]}


def _library(reads: Literal["default", "open_r1"], seconds: int | None, *, raises: bool) -> _Limited:
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
    return _Limited(module.parse, module.verify, errors.TimeoutException, reads, seconds, raises)


@lru_cache(maxsize=4096)
def _parse_gold(asked: _Limited, gold: str) -> Any:
    """What is found in a gold: golds come again in every batch."""
    return asked.parse_gold(gold)


_MATRIX = "$\\begin{pmatrix}1&2\\\\3&4\\end{pmatrix}$"
CASES = (
    Case("maximum", "<answer> 3 </answer>", 1, gold="3"),
    Case("no space", "<answer>3</answer>", 0, gold="3"),
    Case("maximum", "It is $\\frac{1}{2}$.", 1, gold="0.5"),
    Case("maximum", "so \\boxed{B}", 1, gold="$B$"),
    Case("latex", "<answer>$3$</answer>", 1, MathVerified(reads="open_r1"), gold="$3$"),
    Case("latex", "3", 0, MathVerified(reads="open_r1"), gold="$3$"),
    Case("no mathematics", "C", 1, MathVerified(without_mathematics=1)),
    Case("zero", "<answer>3</answer>", 0, gold="4"),
    Case("zero", "B", 0),
    Case("zero", "\\boxed{B}", 0),
    Case("raises", "$\\frac{1}{0}$", None, MathVerified(gold_first=False), gold=_MATRIX),
    Case("raises", "$\\frac{1}{0}$", 0, MathVerified(gold_first=False, on_error="no"), gold=_MATRIX),
    Case("raises", "$\\frac{1}{0}$", None, gold="$\\frac{1}{0}$"),
    Case("another reading", "$\\frac{1}{0}$", 1, MathVerified(on_error="no"), gold="$\\frac{1}{0}$"),
    Case("malformed", "<answer> 3", 1, gold="<answer> 3 </answer>"),
    Case("empty", "", 0, gold="3"),
    Case("non_ascii", "肺 3", 1, gold="3"),
    Case("null", None, None),
    Case("null", "3", None, gold=None),
)
