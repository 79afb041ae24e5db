"""Rewards that are wrong on purpose, one for each law: TRL-form functions, and rules where the law is about ours."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable
from typing import Any, Literal

import numpy as np
from pydantic import Field

from medreward.rewards import REWARDS, Gold, Reward, Values
from medreward.rewards.base import GoldForm
from medreward.text import Reading, TagCount

Rows = list[list[dict[str, str]]]
WELL_FORMED = re.compile(r"<think>(.*?)</think>\s*<answer>(.*?)</answer>", re.DOTALL)


def per_row(score: Callable[[str, str], float | None]) -> Callable[..., list[float | None]]:
    """A TRL-form function from one that scores a text and its gold."""

    def reward(completions: Rows, solution: list[str], **columns: Any) -> list[float | None]:
        return [score(one[0]["content"], gold) for one, gold in zip(completions, solution, strict=True)]

    return reward


def well_formed(text: str) -> re.Match[str] | None:
    """Reasoning and answer of a well-formed completion."""
    match = WELL_FORMED.fullmatch(text)
    once = all(text.count(tag) == 1 for tag in ("<think>", "</think>", "<answer>", "</answer>"))
    return match if match and once and match[1].strip() else None


def answered(text: str) -> str:
    """The answer of a well-formed completion."""
    match = well_formed(text)
    return match[2] if match else ""


def sound(text: str, gold: str) -> float:
    """A plain sound reward: format and the bare letter."""
    return (well_formed(text) is not None) + float(answered(text).strip() == gold)


SOUND = per_row(sound)


def raises(text: str, gold: str) -> float:
    """Wrong: a completion without an answer tag is an error."""
    return sound(text, gold) + text.index("<answer>") * 0


COUNTER = itertools.count()


def counts(text: str, gold: str) -> float:
    """Wrong: another value every time."""
    return float(next(COUNTER))


def by_batch(completions: Rows, **columns: Any) -> list[float]:
    """Wrong: a share of the batch."""
    return [1.0 / len(completions)] * len(completions)


def constant(text: str, gold: str) -> float:
    """Wrong: always the same."""
    return 1.0


def without_gold(text: str, gold: str) -> float:
    """Wrong: any label is right."""
    return float(answered(text) in {*"ABCDE"})


def punishes(text: str, gold: str) -> float:
    """Wrong: the sign of accuracy is turned round."""
    return -sound(text, gold)


def contained(text: str, gold: str) -> float:
    """Wrong: the gold is anywhere in the answer."""
    return float(gold in answered(text))


def counts_tags(text: str, gold: str) -> float:
    """Wrong: more answer tags earn more."""
    return sound(text, gold) + 2 * text.count("</answer>")


def likes_a(text: str, gold: str) -> float:
    """Wrong: the label A is worth more."""
    return sound(text, gold) * (2 if gold == "A" else 1)


def likes_talk(text: str, gold: str) -> float:
    """Wrong: an answer outside the tags is paid."""
    return sound(text, gold) + 0.5 * text.endswith(gold)


def likes_damage(text: str, gold: str) -> float:
    """Wrong: an unclosed answer is worth more than a closed one."""
    return sound(text, gold) + 3.0 * ("<answer>" in text and "</answer>" not in text)


class TooMuch(Reward):
    """Wrong: greater than its bounds where a tag is repeated."""

    kind: Literal["broken_too_much.v1"] = "broken_too_much.v1"

    def evaluate(self, reading: Reading, gold: Gold) -> Values:
        return Values.of(reading[TagCount(tag="<answer>")], reading.rows.valid)

    def bounds(self) -> tuple[float, float]:
        return (0.0, 1.0)


class Forgetful(Reward):
    """Wrong: its document leaves out what it depends on."""

    kind: Literal["broken_forgetful.v1"] = "broken_forgetful.v1"
    amount: float = Field(default=0.0, exclude=True)

    def evaluate(self, reading: Reading, gold: Gold) -> Values:
        return Values.of(np.full(len(reading), self.amount), reading.rows.valid)

    def bounds(self) -> tuple[float, float]:
        return (self.amount, self.amount)


class PerBatch(Reward):
    """Wrong: a share of the batch."""

    kind: Literal["broken_per_batch.v1"] = "broken_per_batch.v1"

    def evaluate(self, reading: Reading, gold: Gold) -> Values:
        return Values.of(np.full(len(reading), 1 / max(len(reading), 1)), reading.rows.valid)

    def bounds(self) -> tuple[float, float]:
        return (0.0, 1.0)


class RawGold(Reward):
    """Wrong: asks for a label and looks at how the cell is written."""

    kind: Literal["broken_raw_gold.v1"] = "broken_raw_gold.v1"

    def gold_forms(self) -> frozenset[GoldForm]:
        return frozenset({"label"})

    def evaluate(self, reading: Reading, gold: Gold) -> Values:
        assert gold.raw is not None
        codes, cells = gold.raw
        short = np.array([cell is not None and len(cell) == 1 for cell in cells])
        return Values.of(short[codes], reading.rows.valid)

    def bounds(self) -> tuple[float, float]:
        return (0.0, 1.0)


for rule in (TooMuch, Forgetful, PerBatch, RawGold):
    REWARDS.add(rule)

BROKEN: dict[str, Any] = {
    "total": per_row(raises),
    "repeatable": per_row(counts),
    "batch_blind": by_batch,
    "offline_is_online": PerBatch(),
    "round_trip": Forgetful(amount=1.0),
    "depends_on_completion": per_row(constant),
    "right_pays": per_row(without_gold),
    "wrong_never_beats_right": per_row(punishes),
    "exclusive": per_row(contained),
    "no_better_than_guessing": per_row(contained),
    "honest_is_best": per_row(counts_tags),
    "relabelling": per_row(likes_a),
    "gold_spelling": RawGold(),
    "outside_text": per_row(likes_talk),
    "repairs_never_hurt": per_row(likes_damage),
}
"""The name of each law to a reward that breaks it."""
