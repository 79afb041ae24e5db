"""Combining rewards. In every combinator a null part makes the result null, whatever its weight or branch."""

from __future__ import annotations

import numbers
from collections.abc import Callable
from typing import ClassVar, Literal, Self, TypeGuard

import numpy as np
from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from medreward.errors import DocumentError
from medreward.rewards.base import AnyReward, Case, Gold, Reward, Values, all_valid, evaluate, show_value
from medreward.rewards.extraneous_text import ExtraneousText
from medreward.rewards.tag_presence import TagPresence
from medreward.spec import Model, Number
from medreward.text.reading import Reading

__all__ = [
    "CASES",
    "Clip",
    "Constant",
    "Gate",
    "Maximum",
    "Minimum",
    "Product",
    "WeightedSum",
    "add",
    "any_of",
    "multiply",
]

Bounds = tuple[float, float]


class Constant(Reward):
    """The same value for every completion.

    Args:
        value: that value.
    """

    kind: Literal["constant.v1"] = "constant.v1"
    value: Number = 0.0

    def evaluate(self, reading: Reading, gold: Gold) -> Values:
        """That value, everywhere."""
        return Values.of(np.full(len(reading), self.value), reading.rows.valid)

    def bounds(self) -> Bounds:
        """The value."""
        return (self.value, self.value)

    def why(self, reading: Reading, gold: Gold) -> str:
        """It is always this."""
        return f"always {self.value:g}"


class Weighted(Model):
    """One part of a weighted sum.

    Args:
        reward: the part.
        weight: what its value is multiplied by.
    """

    reward: AnyReward
    weight: Number = 1.0


class WeightedSum(Reward):
    """The sum of ``weight * value``, added in the order the parts are written (a left fold in float64).

    Args:
        parts: what is added.

    Example:
        >>> from medreward.rewards import ExtraneousText, TagPresence, WeightedSum
        >>> WeightedSum.of(tags=TagPresence(), text=(0.5, ExtraneousText())).bounds()
        (0.0, 1.5)
    """

    kind: Literal["weighted_sum.v1"] = "weighted_sum.v1"
    parts: tuple[Weighted, ...] = Field(min_length=1)

    @classmethod
    def of(cls, **parts: Reward | tuple[float, Reward]) -> WeightedSum:
        """A sum of named components, each a reward or a pair of weight and reward."""
        pairs = {name: part if isinstance(part, tuple) else (1.0, part) for name, part in parts.items()}
        for name, (_, part) in pairs.items():
            if not isinstance(part, Reward):
                raise DocumentError(
                    "bad_operand", f"{name!r} is no reward, nor a pair of weight and reward", got=repr(part)
                )
        return cls(
            parts=tuple(Weighted(weight=weight, reward=part.named(name)) for name, (weight, part) in pairs.items())
        )

    def evaluate(self, reading: Reading, gold: Gold) -> Values:
        """Add from the left."""
        values = [evaluate(part.reward, reading, gold) for part in self.parts]
        with np.errstate(over="ignore", invalid="ignore"):  # an overflow is reported as the rule's error
            total = self.parts[0].weight * values[0].data
            for part, value in zip(self.parts[1:], values[1:], strict=True):
                total = total + part.weight * value.data
        return Values(total, all_valid(values))

    def bounds(self) -> Bounds:
        """The sums of the parts' bounds."""
        low, high = 0.0, 0.0
        for i, part in enumerate(self.parts):
            a, b = sorted(part.weight * bound for bound in part.reward.bounds())
            low, high = (a, b) if i == 0 else (low + a, high + b)
        return (low, high)

    def values(self) -> frozenset[float] | None:
        """The sums of the parts' values."""
        scaled = [_mapped(part.reward.values(), part.weight.__mul__) for part in self.parts]
        return folded_values(scaled, lambda a, b: a + b)

    def why(self, reading: Reading, gold: Gold) -> str:
        """The addition."""
        terms = []
        for part in self.parts:
            name = f"{part.reward.name} " if part.reward.name else ""
            weight = "" if part.weight == 1.0 else f"{part.weight:g} × "
            terms.append(f"{weight}{name}{show_value(evaluate(part.reward, reading, gold))}")
        return " + ".join(terms)


class _Several(Reward):
    """A reward made of several others by folding from the left."""

    parts: tuple[AnyReward, ...] = Field(min_length=1)

    @classmethod
    def of(cls, *parts: Reward) -> Self:
        """From parts, in order."""
        return cls.model_validate({"parts": parts})

    def _values(self, reading: Reading, gold: Gold) -> list[Values]:
        return [evaluate(part, reading, gold) for part in self.parts]


class Product(_Several):
    """The product of the parts, from the left.

    Args:
        parts: what is multiplied.
    """

    kind: Literal["product.v1"] = "product.v1"

    def evaluate(self, reading: Reading, gold: Gold) -> Values:
        """Multiply from the left."""
        values = self._values(reading, gold)
        total = values[0].data
        with np.errstate(over="ignore", invalid="ignore"):
            for value in values[1:]:
                total = total * value.data
        return Values(total, all_valid(values))

    def bounds(self) -> Bounds:
        """The products of the parts' bounds."""
        low, high = self.parts[0].bounds()
        for part in self.parts[1:]:
            ends = [a * b for a in (low, high) for b in part.bounds()]
            low, high = min(ends), max(ends)
        return (low, high)

    def values(self) -> frozenset[float] | None:
        """The products of the parts' values."""
        return folded_values([part.values() for part in self.parts], lambda a, b: a * b)

    def why(self, reading: Reading, gold: Gold) -> str:
        """The multiplication."""
        return " × ".join(map(show_value, self._values(reading, gold)))


class _Extreme(_Several):
    """One of the parts' values, chosen by size."""

    pick: ClassVar[np.ufunc]
    word: ClassVar[str]

    def evaluate(self, reading: Reading, gold: Gold) -> Values:
        """Choose in each row."""
        values = self._values(reading, gold)
        return Values(self.pick.reduce([value.data for value in values], axis=0), all_valid(values))

    def bounds(self) -> Bounds:
        """The same choice among the lower and among the upper bounds."""
        lows, highs = zip(*(part.bounds() for part in self.parts), strict=True)
        return (float(self.pick.reduce(lows)), float(self.pick.reduce(highs)))

    def values(self) -> frozenset[float] | None:
        """The same choice among the parts' values."""
        return folded_values([part.values() for part in self.parts], lambda a, b: float(self.pick(a, b)))

    def why(self, reading: Reading, gold: Gold) -> str:
        """What is compared."""
        return f"the {self.word} of {', '.join(map(show_value, self._values(reading, gold)))}"


class Minimum(_Extreme):
    """The least of the parts.

    Args:
        parts: what is compared.
    """

    kind: Literal["minimum.v1"] = "minimum.v1"
    pick, word = np.minimum, "least"


class Maximum(_Extreme):
    """The greatest of the parts.

    Args:
        parts: what is compared.
    """

    kind: Literal["maximum.v1"] = "maximum.v1"
    pick, word = np.maximum, "greatest"


class Clip(Reward):
    """A reward kept between two numbers.

    Args:
        reward: what is clipped.
        low: the least it can be; None for no limit.
        high: the greatest it can be; None for no limit.
    """

    kind: Literal["clip.v1"] = "clip.v1"
    reward: AnyReward
    low: Number | None = None
    high: Number | None = None

    @model_validator(mode="after")
    def _sensible(self) -> Clip:
        if self.low is not None and self.high is not None and self.low > self.high:
            raise PydanticCustomError("clip_order", "'low' must not be greater than 'high'")
        return self

    def _clip(self, data: np.ndarray | float) -> np.ndarray:
        return np.minimum(
            np.maximum(data, -np.inf if self.low is None else self.low), np.inf if self.high is None else self.high
        )

    def evaluate(self, reading: Reading, gold: Gold) -> Values:
        """Clip every value."""
        values = evaluate(self.reward, reading, gold)
        return Values(self._clip(values.data), values.valid)

    def bounds(self) -> Bounds:
        """The reward's bounds, clipped."""
        low, high = self.reward.bounds()
        return (float(self._clip(low)), float(self._clip(high)))

    def values(self) -> frozenset[float] | None:
        """The reward's values, clipped."""
        return _mapped(self.reward.values(), lambda value: float(self._clip(value)))

    def why(self, reading: Reading, gold: Gold) -> str:
        """What was clipped."""
        limits = [f"at least {self.low:g}"] if self.low is not None else []
        limits += [f"at most {self.high:g}"] if self.high is not None else []
        return f"{show_value(evaluate(self.reward, reading, gold))}, kept {' and '.join(limits) or 'as it is'}"


class Gate(Reward):
    """``then`` where the condition is exactly 1, else ``otherwise``: an if-then-else, and by default a gate to 0.

    Args:
        condition: open where its value is 1.
        then: the value where open.
        otherwise: the value where not.
    """

    kind: Literal["gate.v1"] = "gate.v1"
    condition: AnyReward
    then: AnyReward
    otherwise: AnyReward = Constant()

    def evaluate(self, reading: Reading, gold: Gold) -> Values:
        """Take one branch in each row; a null in any of the three is null."""
        values = [evaluate(part, reading, gold) for part in self.children()]
        return Values(np.where(values[0].data == 1.0, values[1].data, values[2].data), all_valid(values))

    def bounds(self) -> Bounds:
        """From the least to the greatest either reachable branch can be."""
        lows, highs = zip(*(part.bounds() for part in self._reachable()), strict=True)
        return (min(lows), max(highs))

    def values(self) -> frozenset[float] | None:
        """The values of the branches that can be taken."""
        return any_of([part.values() for part in self._reachable()])

    def _reachable(self) -> list[Reward]:
        found = [self.then] if self.condition.may_be(1.0) else []
        return found if self.condition.bounds() == (1.0, 1.0) else [*found, self.otherwise]

    def why(self, reading: Reading, gold: Gold) -> str:
        """Which branch was taken."""
        condition = evaluate(self.condition, reading, gold)
        if not condition.valid[0]:
            return "the condition is null"
        is_open = condition.data[0] == 1.0
        branch = evaluate(self.then if is_open else self.otherwise, reading, gold)
        return f"the condition {'holds' if is_open else 'does not hold'}: {show_value(branch)}"


_MOST_VALUES = 4096  # more values than this are many


def folded_values(
    parts: list[frozenset[float] | None], fold: Callable[[float, float], float]
) -> frozenset[float] | None:
    """What folding one value of each part from the left can give; None where it is many."""
    total = parts[0]
    for part in parts[1:]:
        if total is None or part is None or len(total) * len(part) > _MOST_VALUES:
            return None
        total = frozenset(fold(a, b) for a in total for b in part)
    return total


def any_of(parts: list[frozenset[float] | None]) -> frozenset[float] | None:
    """Every value of every part; None where it is many."""
    return None if None in parts else frozenset().union(*(part for part in parts if part is not None))


def _mapped(values: frozenset[float] | None, change: Callable[[float], float]) -> frozenset[float] | None:
    return None if values is None else frozenset(map(change, values))


def add(left: object, right: object) -> WeightedSum:
    """``left + right``: one more part of an unnamed sum on the left, else a new sum."""
    parts = left.parts if isinstance(left, WeightedSum) and left.name is None else (_term(left),)
    return WeightedSum(parts=(*parts, _term(right)))


def _term(reward: object) -> Weighted:
    """A part: of an unnamed sum with one part that part, so that ``a + 0.5 * b`` is one sum; a number is a constant."""
    if isinstance(reward, WeightedSum) and reward.name is None and len(reward.parts) == 1:
        return reward.parts[0]
    if _is_number(reward):
        return Weighted(reward=Constant(value=float(reward)))
    if not isinstance(reward, Reward):
        raise DocumentError("bad_operand", "A reward is added to a reward or a number", got=repr(reward))
    return Weighted(reward=reward)


def _is_number(operand: object) -> TypeGuard[float]:
    return isinstance(operand, numbers.Real) and not isinstance(operand, bool)


def multiply(left: Reward, right: object) -> Reward:
    """``reward * reward`` is a product, ``number * reward`` a weighted sum of one part."""
    if isinstance(right, Reward):
        parts = left.parts if isinstance(left, Product) and left.name is None else (left,)
        return Product(parts=(*parts, right))
    if not _is_number(right):
        raise DocumentError("bad_operand", "A reward is multiplied by a reward or a number", got=repr(right))
    return WeightedSum(parts=(Weighted(reward=left, weight=float(right)),))


_TAGS, _TEXT = TagPresence(), ExtraneousText()
_GOOD, _STRAY, _LOOSE = (
    "<think>t</think><answer>B</answer>",
    "Hi <think>t</think><answer>B</answer>",
    "<answer>B</answer>",
)
_HALF = Constant(value=0.5)
CASES = (
    Case("maximum", _GOOD, 1.5, _TAGS + 0.5 * _TEXT),
    Case("zero", "B", 0, _TAGS + 0.5 * _TEXT),
    Case("malformed", _STRAY, 1, _TAGS + 0.5 * _TEXT),
    Case("malformed", _STRAY, -1, _TEXT - _TAGS),
    Case("malformed", _LOOSE, 0, _TAGS * _TEXT),
    Case("maximum", _GOOD, 1, _TAGS * _TEXT),
    Case("empty", "", 0.5, Minimum.of(_TEXT, _HALF)),
    Case("zero", _LOOSE, 0, Minimum.of(_TAGS, _HALF)),
    Case("empty", "", 1, Maximum.of(_TEXT, _HALF)),
    Case("malformed", _LOOSE, 0.5, Maximum.of(_TAGS, _HALF)),
    Case("maximum", _GOOD, 0.75, Clip(reward=_TAGS, high=0.75)),
    Case("zero", "B", 0.25, Clip(reward=_TAGS, low=0.25, high=0.75)),
    Case("maximum", _GOOD, 0.5, Gate(condition=_TAGS, then=_HALF)),
    Case("zero", "B", 0, Gate(condition=_TAGS, then=_HALF)),
    Case("malformed", _LOOSE, -1, Gate(condition=_TAGS, then=_HALF, otherwise=Constant(value=-1))),
    Case("half", _GOOD, 0, Gate(condition=_HALF, then=_TAGS)),
    Case("empty", "", 0.5, _HALF),
    Case("non_ascii", "<think>肺</think>\u3000<answer>é</answer>", 1.5, _TAGS + 0.5 * _TEXT),
    Case("null", None, None, _HALF),
)
