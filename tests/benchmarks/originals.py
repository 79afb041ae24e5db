"""Plain loops of the originals' shape: one string at a time, with ``re`` and the libraries they call."""

from __future__ import annotations

import re
from collections.abc import Callable
from importlib import import_module
from typing import Any

from tests.benchmarks.peers import plain_loop
from tests.oracle import published

__all__ = ["GROUP", "original"]

Loop = Callable[[list[str], list[str]], Any]
GROUP = 8
"""Completions of one prompt, where a reward compares them."""


def _letter(text: str) -> str | None:
    pattern = r"<answer>\s*([A-Z])\s*</answer>"
    match = re.search(pattern, text)
    if match:
        return match.group(1)
    return None


def _evaluator(texts: list[str], golds: list[str]) -> list[float]:
    found = []
    for text, gold in zip(texts, golds, strict=True):
        letter = _letter(text)
        found.append(1.0 if letter is not None and letter == gold else 0.0)
    return found


def _soft_overlong(texts: list[str], _: list[str]) -> list[float]:
    return [min(0.0, max(-1.0, (16384 - len(text)) / 4096)) for text in texts]


def _tag_count(texts: list[str], _: list[str]) -> list[float]:
    found = []
    for text in texts:
        count = 0.0
        if text.count("<think>\n") == 1:
            count += 0.25
        if text.count("\n</think>\n") == 1:
            count += 0.25
        if text.count("\n<answer>\n") == 1:
            count += 0.25
        if text.count("\n</answer>") == 1:
            count += 0.25
        found.append(count)
    return found


def _repetition(texts: list[str], _: list[str]) -> list[float]:
    found = []
    for text in texts:
        words = text.lower().split()
        runs = set()
        total = 0
        for run in zip(words, words[1:], words[2:], strict=False):
            runs.add(run)
            total += 1
        found.append((1 - len(runs) / total) * -1.0 if total else 0.0)
    return found


def _verified(text: str, gold: str) -> bool:
    library = import_module("math_verify")
    return bool(library.verify(library.parse(text), library.parse(gold)))


def _or_verified(oracle: published.Oracle) -> Loop:
    """Math-Verify first, and where it says no the rule of ``oracle``."""

    def loop(texts: list[str], golds: list[str]) -> list[float]:
        found = []
        for text, gold in zip(texts, golds, strict=True):
            verified = _verified(text, gold)
            accuracy, form = oracle(text, gold)
            found.append((1.0 if verified else accuracy) + form)
        return found

    return loop


def _ruled(texts: list[str], golds: list[str]) -> list[float]:
    grade = import_module("mathruler.grader").grade_answer
    return [
        0.5 * grade(published.first_on_a_line(text), gold.strip()) + 0.5 * published.block_then_block(text)
        for text, gold in zip(texts, golds, strict=True)
    ]


def _has_latex(gold: str) -> bool:
    library = import_module("math_verify")
    config = [library.LatexExtractionConfig()]
    return bool(library.parse(gold, extraction_mode="first_match", extraction_config=config))


def _letters_only(gold: str) -> None:
    """These loops are timed with golds in which nothing is found: what comes after for others is left out."""
    if _has_latex(gold):
        raise ValueError(f"the gold {gold!r} is mathematics")


def _cosine(texts: list[str], golds: list[str]) -> list[float]:
    for gold in golds:
        _letters_only(gold)
    return [1.0] * len(texts)


def _length(texts: list[str], golds: list[str]) -> list[float]:
    found = []
    for first in range(0, len(texts), GROUP):
        for gold in golds[first : first + GROUP]:
            _letters_only(gold)
        sizes = [len(text) for text in texts[first : first + GROUP]]
        least, most = min(sizes), max(sizes)
        found += [0.5 - (size - least) / (most - least) if most > least else 0.0 for size in sizes]
    return found


_ORIGINALS: dict[str, Loop] = {
    "medvlm-r1": plain_loop,
    "mcq": plain_loop,
    "medvlm-r1-code": plain_loop,
    "medvlm-r1-eval": _evaluator,
    "dapo-soft-overlong": _soft_overlong,
    "open-r1-tag-count": _tag_count,
    "open-r1-repetition": _repetition,
    "r1-v": _or_verified(published.r1_v),
    "med-r1": _or_verified(published.r1_v),
    "med-r1-nothink": _or_verified(published.med_r1_nothink),
    "open-r1-multimodal": _or_verified(published.open_r1_multimodal),
    "easyr1-r1v": _ruled,
    "open-r1-cosine": _cosine,
    "open-r1-length": _length,
}
"""Loops of their own; of the other presets it is the oracle's."""


def original(name: str) -> Loop:
    """The loop of a preset: one string at a time, the components added."""
    if name in _ORIGINALS:
        return _ORIGINALS[name]
    oracle = published.ORACLES[name][0]
    total: Callable[[published.Components], float] = published.composite_total if name == "composite-medqa" else sum

    def loop(texts: list[str], golds: list[str]) -> list[float]:
        return [total(oracle(text, gold)) for text, gold in zip(texts, golds, strict=True)]

    return loop
