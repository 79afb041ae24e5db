"""What every reward has: a kind, a name, a value for every row, bounds, operators, and hand-written cases."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import reduce
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal, Self, TypeVar, cast

import numpy as np
import numpy.typing as npt
from pydantic import StringConstraints

from medreward.errors import MedrewardError, RuleError
from medreward.loading import describe_error, place_in
from medreward.spec import Kinds, Model, Spec
from medreward.text.buffer import Ints, Mask
from medreward.text.facts import InputColumn
from medreward.text.options import OptionSet
from medreward.text.reading import Question, Reading
from medreward.text.rows import Rows
from medreward.text.tags import TagSet
from medreward.text.unwrap import string_array

__all__ = [
    "REWARDS",
    "AnyReward",
    "Case",
    "ComponentName",
    "Floats",
    "Gold",
    "GoldForm",
    "Reward",
    "Values",
    "all_valid",
    "evaluate",
    "raised",
    "show_value",
]

Floats = npt.NDArray[np.float64]
GoldForm = Literal["label", "labels", "raw"]
"""How a rule wants the gold: as one label of the row's options, as a set of labels, or the cell as given."""
T = TypeVar("T")
ComponentName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,40}$")]

REWARDS: Kinds[Reward] = Kinds("reward")
"""Every reward a document may name, by kind."""


@dataclass(frozen=True)
class Values:
    """One number for each row, or none.

    Args:
        data: ``float64``, shape ``(n,)``; meaningless where not valid.
        valid: bool, shape ``(n,)``; false is null.
    """

    data: Floats
    valid: Mask

    @classmethod
    def of(cls, data: npt.ArrayLike, valid: Mask) -> Values:
        """Values of a rule that is null exactly where ``valid`` is false."""
        return cls(np.asarray(data, np.float64), valid)


@dataclass(frozen=True)
class Gold:
    """The right answers, resolved before scoring, in the forms that some rule's ``gold_forms`` asks for.

    Args:
        labels: ``int64``, shape ``(n,)``, the place of the gold among the row's labels, -1 where there is none; None
            where no rule asked for labels.
        raw: numbers, shape ``(n,)``, and the distinct cells as given that they stand for; None where no rule asked.
        sets: ``int64``, shape ``(n,)``, bit masks: bit i for the row's i-th label, 0 where there is no gold; None where
            no rule asked for sets.
        of_groups: what the rules of group scope are worth in these rows, found over whole groups beforehand.
    """

    labels: Ints | None
    raw: tuple[Ints, list[str | None]] | None = field(default=None, repr=False)
    sets: Ints | None = None
    of_groups: Mapping[Reward, Values] | None = field(default=None, repr=False)

    @property
    def label(self) -> Ints:
        """The labels.

        Raises:
            RuleError: ``gold_not_asked``: no rule's ``gold_forms`` holds ``label``.
        """
        if self.labels is None:
            raise RuleError(
                "gold_not_asked",
                "A rule looks at the gold's label without having asked for it",
                do="let the rule's gold_forms return frozenset({'label'})",
            )
        return self.labels

    @property
    def label_sets(self) -> Ints:
        """The sets of labels as bit masks.

        Raises:
            RuleError: ``gold_not_asked``: no rule's ``gold_forms`` holds ``labels``.
        """
        if self.sets is None:
            raise RuleError(
                "gold_not_asked",
                "A rule looks at the gold's set of labels without having asked for it",
                do="let the rule's gold_forms return frozenset({'labels'})",
            )
        return self.sets

    @property
    def cells(self) -> tuple[Ints, list[str | None]]:
        """The cells as given: numbers, shape ``(n,)``, and the distinct cells they stand for.

        Raises:
            RuleError: ``gold_not_asked``: no rule's ``gold_forms`` holds ``raw``.
        """
        if self.raw is None:
            raise RuleError(
                "gold_not_asked",
                "A rule looks at the gold's cell without having asked for it",
                do="let the rule's gold_forms return frozenset({'raw'})",
            )
        return self.raw

    def ask(self, question: Question[T], tags: TagSet) -> tuple[Ints, T, Mask]:
        """Ask a question of the gold cells, each read as if it were a completion.

        Returns:
            The number of each row's cell, shape ``(n,)``; the answer for the distinct cells; and whether each row has
            a gold, shape ``(n,)``.
        """
        codes, cells = self.cells
        present = np.array([cell is not None for cell in cells], np.bool_)
        return codes, Reading(Rows.of(string_array(cells)), tags)[question], present[codes]


@dataclass(frozen=True)
class Case:
    """One hand-written expectation, kept beside the rule it is about.

    Args:
        about: ``zero``, ``maximum``, ``malformed``, ``empty``, ``non_ascii`` or any other word.
        completion: the text.
        value: the reward it earns; None for null.
        reward: the reward, where it is not the rule with its defaults.
        gold: the right answer, or several; None for null.
        options: what was offered.
        columns: what stands beside the completion: numbers, or lists of token numbers.
        others: the other completions of its group, for a rule of group scope.
    """

    about: str
    completion: str | None
    value: float | None
    reward: Reward | None = None
    gold: str | Sequence[str] | None = "B"
    options: OptionSet = field(default=OptionSet.listed(["Heart", "Lungs", "Liver", "Spleen"]))
    columns: Mapping[str, float | Sequence[int] | None] = field(default_factory=dict)
    others: tuple[str | None, ...] = ()


class Reward(Spec):
    """A specification of what a completion is worth. Subclasses say how, for many rows at once.

    Args:
        name: makes this a component: its value is reported on its own, as ``reward_<name>``.

    Attributes:
        pays: the values of a rule that has the same few whatever its fields, such as 0 and 1.
        is_serializable: whether it has a document.
    """

    pays: ClassVar[tuple[float, ...] | None] = None
    is_serializable: ClassVar[bool] = True

    name: ComponentName | None = None

    def evaluate(self, reading: Reading, gold: Gold) -> Values:
        """The value of every row. Ask parts through :func:`evaluate`, which remembers and checks."""
        raise NotImplementedError(f"{type(self).__name__} does not say what a completion is worth")

    def bounds(self) -> tuple[float, float]:
        """The least and the greatest value this reward can have."""
        raise NotImplementedError(f"{type(self).__name__} does not say its bounds")

    def values(self) -> frozenset[float] | None:
        """Every value this reward can have where they are few, and possibly others; None where they are many."""
        low, high = self.bounds()
        if low == high:
            return frozenset({low})
        return None if self.pays is None else frozenset(self.pays)

    def may_be(self, value: float) -> bool:
        """Whether this reward can have that value, as far as its bounds and values tell: never falsely no."""
        low, high = self.bounds()
        found = self.values()
        return low <= value <= high and (found is None or value in found)

    def may_be_null(self) -> bool:
        """Whether this reward can be null for a completion that is not, as far as its gold and columns tell."""
        reads_column = any(isinstance(model, InputColumn) for model in self.everything())
        return reads_column or any(part.gold_forms() for part in self.walk())

    def why(self, reading: Reading, gold: Gold) -> str:
        """Why the only row of ``reading`` has its value, in words."""
        return f"the rule {self.kind} says so"

    def children(self) -> tuple[Reward, ...]:
        """The rewards this one is made of, in order."""
        return tuple(_nearest_rewards(self))

    def gold_forms(self) -> frozenset[GoldForm]:
        """How this reward, without its children, wants the gold; nothing where it does not look at it."""
        return frozenset()

    def without_partial_credit(self) -> Reward:
        """The same reward where whatever is paid for less than the whole is 0; itself where it pays nothing such."""
        return self.rebuilt(lambda part: part.without_partial_credit())

    def rebuilt(self, change: Callable[[Reward], Reward]) -> Self:
        """The same reward made of changed parts: ``change`` is asked about each child."""
        return cast("Self", _rebuilt(self, change))

    def walk(self) -> Iterator[Reward]:
        """This reward and all it is made of, outermost first."""
        yield self
        for part in self.children():
            yield from part.walk()

    def named(self, name: str | None) -> Self:
        """The same reward as a component of that name; None makes it no component."""
        return type(self).model_validate({**dict(self), "name": name})

    def unnamed(self) -> Self:
        """The same reward without any component: its own name is taken off, and every name inside it."""
        return self._renamed(lambda _: None)

    def prefixed(self, prefix: str) -> Self:
        """The same reward with ``prefix`` and an underscore before its name, if it has one, and every name inside it.

        Two rewards that name their components alike can then be parts of one.

        Example:
            >>> from medreward import PRESETS
            >>> both = PRESETS["medvlm-r1"].reward.prefixed("paper") + PRESETS["mcq"].reward.prefixed("mcq")
            >>> [part.name for part in both.walk() if part.name]
            ['paper_format', 'paper_accuracy', 'mcq_format', 'mcq_accuracy']
        """
        return self._renamed(lambda name: f"{prefix}_{name}")

    def _renamed(self, rename: Callable[[str], str | None]) -> Self:
        inside = self.rebuilt(lambda part: part._renamed(rename))  # noqa: SLF001 - the same method of a part
        return inside if inside.name is None else inside.named(rename(inside.name))

    def __radd__(self, other: float) -> Reward:  # so that sum() works, which begins with 0
        made: Reward = self if other == 0 else _combine().add(other, self)
        return made

    def __truediv__(self, other: float) -> Reward:
        return self * (1.0 / other)

    def __rsub__(self, other: float) -> Reward:
        made: Reward = _combine().add(other, -self)
        return made

    def __add__(self, other: Reward | float) -> Reward:
        made: Reward = self if other == 0 else _combine().add(self, other)
        return made

    def __mul__(self, other: Reward | float) -> Reward:
        made: Reward = _combine().multiply(self, other)
        return made

    __rmul__ = __mul__

    def __sub__(self, other: Reward | float) -> Reward:
        return self + -other

    def __neg__(self) -> Reward:
        return self * -1.0


if TYPE_CHECKING:
    AnyReward = Reward
else:
    AnyReward = REWARDS.field(Reward)


def _nearest_rewards(model: Model) -> Iterator[Reward]:
    for inner in model.inner():
        if isinstance(inner, Reward):
            yield inner
        else:
            yield from _nearest_rewards(inner)


def _rebuilt(model: Model, change: Callable[[Reward], Reward]) -> Model:
    def changed(value: object) -> object:
        if isinstance(value, Reward):
            return change(value)
        if isinstance(value, tuple):
            return tuple(changed(item) for item in value)
        return _rebuilt(value, change) if isinstance(value, Model) else value

    new = {name: changed(value) for name, value in model}
    return model.model_copy(update=new) if any(new[name] is not value for name, value in model) else model


def _combine() -> Any:
    from medreward.rewards import combine  # the operators' results are defined above this file

    return combine


def evaluate(reward: Reward, reading: Reading, gold: Gold) -> Values:
    """The value of every row, found once and checked to be finite.

    Raises:
        RuleError: ``not_finite``: a rule gave NaN or an infinity. A bug in that rule, so it is never made a 0.
    """
    return reading[_Evaluation(reward, gold)]


@dataclass(frozen=True, eq=False)
class _Evaluation:
    """A question: what is this reward worth? Known by identity: hashing a whole specification costs more."""

    reward: Reward
    gold: Gold

    def __hash__(self) -> int:
        return hash((id(self.reward), id(self.gold)))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Evaluation) and self.gold is other.gold and self.reward is other.reward

    def read(self, reading: Reading) -> Values:
        values = self._values(reading)
        self._check(values, reading)
        data = values.data if values.valid.all() else np.where(values.valid, values.data, 0.0)
        data = data + 0.0  # so that no zero is a negative one
        return Values(data, values.valid & reading.rows.valid)

    @property
    def _is_ours(self) -> bool:
        return type(self.reward).__module__.startswith("medreward.rewards.")

    def _values(self, reading: Reading) -> Values:
        """A rule of somebody else may raise anything: that is not a bug of this library, and never a reward of 0."""
        if self._is_ours:
            return self.reward.evaluate(reading, self.gold)
        try:
            return self.reward.evaluate(reading, self.gold)
        except MedrewardError:
            raise
        except (Exception, SystemExit) as error:
            raise raised(f"The rule {self.reward.kind}", type(self.reward).__module__, error) from error

    def _check(self, values: Values, reading: Reading) -> None:
        """One float64 and one bool for every row, and the numbers finite."""
        data, valid = _form(values.data), _form(values.valid)
        if data != (np.float64, (len(reading),)) or valid != (np.bool_, (len(reading),)):
            given = " and ".join(f"{dtype} of shape {shape}" for dtype, shape in (data, valid))
            raise self._error("wrong_shape", None, given)
        finite = np.isfinite(values.data)
        if not finite.all() and (wrong := values.valid & ~finite).any():
            row = int(wrong.argmax())
            raise self._error("not_finite", f"row {row + reading.rows.first_row}", repr(float(values.data[row])))
        if not self._is_ours:
            self._check_bounds(values, reading)

    def _check_bounds(self, values: Values, reading: Reading) -> None:
        """A rule of somebody else keeps what it says of itself: bounds and analyses of what holds it stand on that."""
        low, high = self.reward.bounds()
        outside = values.valid & ((values.data < low) | (values.data > high))
        if outside.any():
            row = int(outside.argmax())
            raise RuleError(
                "out_of_bounds",
                f"The rule {self.reward.kind} gave a value outside its bounds",
                where=f"row {row + reading.rows.first_row}",
                expected=f"{low:g} to {high:g}",
                got=repr(float(values.data[row])),
                do="mend the rule or its bounds",
            )

    def _error(self, code: str, where: str | None, got: str) -> RuleError:
        return RuleError(
            code,
            f"The rule {self.reward.kind} did not give one finite number for every row",
            where=where,
            expected="float64 data and bool validity, one of each for every row",
            got=got,
            do="this is a mistake in the rule or its weights, not in the data: mend the rule",
        )


def raised(who: str, module: str, error: BaseException) -> RuleError:
    """The error for code of a user that raised, or ended the process: which line of its package, and what."""
    return RuleError(
        "rule_raised",
        f"{who} raised an error",
        where=place_in(error, module),
        got=describe_error(error),
        do="mend it: whatever a model wrote, a rule gives a number or null",
    )


def _form(array: object) -> tuple[object, object]:
    return getattr(array, "dtype", None), getattr(array, "shape", None)


def all_valid(values: list[Values]) -> Mask:
    """Where every one of several values is not null, bool, shape ``(n,)``."""
    return reduce(lambda left, right: left if left is right else left & right, (value.valid for value in values))


def show_value(values: Values) -> str:
    """The only row's value, for a reason."""
    return f"{values.data[0]:g}" if values.valid[0] else "null"
