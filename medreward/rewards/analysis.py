"""What can be said of a reward before anything is scored: bounds, values, totals reached, and warnings that are true.

Two sources, kept apart. *Arithmetic* on the specification gives bounds and possible values: nothing lies outside them,
but not all of it need occur. *Witnesses*, some dozens of completions that are scored, give totals that certainly occur,
but not all that do. A warning rests on one or the other, and says which.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import combinations

from medreward.rewards.base import Reward
from medreward.rewards.coalesce import Coalesce
from medreward.rewards.combine import Clip, Constant, Gate, Maximum, Minimum, Product, WeightedSum
from medreward.rewards.document import Document, DocumentSource, load_document
from medreward.rewards.first_of import FirstOf
from medreward.rewards.scale import Scale
from medreward.rewards.witnesses import Scored, score_witnesses

__all__ = ["Analysis", "Part", "Warned", "analyse", "same_by_algebra"]

_MOST_SHOWN = 24
_READABLE = ("answer alone", "text after")  # layouts that are not what is asked for and whose answer can be read


@dataclass(frozen=True)
class Warned:
    """One warning.

    Args:
        code: ``format_alone``, ``never_fires``, ``never_taken``, ``partial_exceeds_full`` or ``always_agree``.
        text: what is claimed, and what shows it.
    """

    code: str
    text: str


@dataclass(frozen=True)
class Part:
    """The total, or one component.

    Args:
        name: ``reward``, or the component's name.
        low: no value is less.
        high: no value is greater.
        reached: values that witnesses reach, ascending.
        possible: every value there can be, ascending, and possibly others; None where they are many.
    """

    name: str
    low: float
    high: float
    reached: tuple[float, ...]
    possible: tuple[float, ...] | None

    def __str__(self) -> str:
        attained = [end in self.reached for end in (self.low, self.high)]
        ends = {(True, True): "both reached", (True, False): "the lower reached", (False, True): "the upper reached"}
        line = f"{self.name}: {self.low:g} to {self.high:g} ({ends.get((attained[0], attained[1]), 'neither seen')})"
        if self.possible is not None:
            line += f"; no other values than {_listed(self.possible)}"
        return line + (f"; witnesses reach {_listed(self.reached)}" if self.reached else "")


@dataclass(frozen=True)
class Analysis:
    """What is known of a reward.

    Args:
        parts: the total first, then every component.
        warnings: what the author may not have meant.
        unseen: why there are no witnesses, or "".
    """

    parts: tuple[Part, ...]
    warnings: tuple[Warned, ...]
    unseen: str = field(default="")

    @property
    def total(self) -> Part:
        """The total."""
        return self.parts[0]

    def __str__(self) -> str:
        lines = [*map(str, self.parts), *([f"no witnesses: {self.unseen}"] if self.unseen else [])]
        return "\n".join([*lines, *(f"warning[{one.code}]: {one.text}" for one in self.warnings)])


def analyse(reward: DocumentSource) -> Analysis:
    """Bounds, values and totals of a reward, and warnings.

    Args:
        reward: a preset's name, a document (its path, text, mapping or model), or a reward.

    Raises:
        DocumentError: the reward is wrong or unknown.

    Example:
        >>> from medreward import PartialCredit, TagPresence
        >>> found = analyse(TagPresence().named("format") + PartialCredit().named("accuracy"))
        >>> print(found.total)
        reward: 0 to 2 (both reached); no other values than 0, 0.5, 1, 1.5, 2; witnesses reach 0, 0.5, 1, 1.5, 2
        >>> [warning.code for warning in found.warnings]
        ['format_alone']
    """
    document = load_document(reward)
    scored, unseen = score_witnesses(document)
    named = {"reward": document.reward, **document.components()}
    parts = tuple(_part(name, part, scored) for name, part in named.items())
    warnings = (*_algebra(document), *_format_alone(scored), *_partial_exceeds_full(scored))
    return Analysis(parts, warnings, unseen)


def _part(name: str, reward: Reward, scored: list[Scored]) -> Part:
    low, high = reward.bounds()
    seen = {value for one in scored for value in [one.values.get(name)] if value is not None}
    possible = reward.values()
    kept = None if possible is None else tuple(sorted(value for value in possible if low <= value <= high))
    return Part(name, low, high, tuple(sorted(seen)), kept)


def _listed(values: tuple[float, ...]) -> str:
    shown = ", ".join(f"{value:g}" for value in values[:_MOST_SHOWN])
    return shown + (f" and {len(values) - _MOST_SHOWN} more" if len(values) > _MOST_SHOWN else "")


def _algebra(document: Document) -> Iterator[Warned]:
    """What follows from the specification alone."""
    components = document.components()
    for name, part in components.items():
        low, high = part.bounds()
        if low == high and not isinstance(part, Constant):
            yield Warned("never_fires", f"component {name!r} is {low:g} for every completion (by its bounds)")
    for part in document.reward.walk():
        yield from _never_counts(part)
    for (one, left), (other, right) in combinations(components.items(), 2):
        if same_by_algebra(left, right):
            yield Warned(
                "always_agree", f"components {one!r} and {other!r} are equal for every completion (by algebra)"
            )


def _never_counts(part: Reward) -> Iterator[Warned]:
    """Parts of a combinator that can never change its value."""
    if isinstance(part, WeightedSum):
        for term in part.parts:
            if term.weight == 0.0:
                what = "has the weight 0: it never changes a value, but a null of it still makes the sum null"
                yield Warned("never_fires", f"{_shown(term.reward)} {what}")
    conditions = [(part.condition, part.then)] if isinstance(part, Gate) else []
    conditions += [(case.condition, case.then) for case in part.cases] if isinstance(part, FirstOf) else []
    for condition, then in conditions:
        if not condition.may_be(1.0):
            values = condition.values()
            known = _listed(tuple(sorted(values))) if values is not None else "{:g} to {:g}".format(*condition.bounds())
            text = f"{_shown(then)} is never paid: its condition must be exactly 1, and can only be {known}"
            yield Warned("never_taken", text)


def _shown(part: Reward) -> str:
    return f"component {part.name!r}" if part.name else part.kind


def _format_alone(scored: list[Scored]) -> Iterator[Warned]:
    """A wrong answer in the form that is asked for, beside a right answer in another."""
    scored = [one for one in scored if one.beside == scored[0].beside and one.total is not None]
    wrong = [one for one in scored if one.asked and one.right is False]
    right = [one for one in scored if one.frame in _READABLE and not one.asked and one.right and one.form == "clean"]
    if not wrong or not right:
        return
    best, worst = max(wrong, key=_total), min(right, key=_total)
    if _total(best) >= _total(worst) and len({one.total for one in scored}) > 1:
        word = "as much as" if best.total == worst.total else "more than"
        yield Warned(
            "format_alone",
            f"format alone: the wrong answer {best.text!r} earns {best.total:g}, {word} the right answer"
            f" {worst.text!r}, which earns {worst.total:g}{best.beside}",
        )


def _partial_exceeds_full(scored: list[Scored]) -> Iterator[Warned]:
    """A right answer that is stated worse, or only in part, and earns more."""
    right = [one for one in scored if one.asked and one.right and one.total is not None]
    full = {(one.frame, one.beside): one for one in right if one.form == "clean"}
    pairs = [(one, full.get((one.frame, one.beside))) for one in right]
    found = [(one, whole) for one, whole in pairs if whole is not None and _total(one) > _total(whole)]
    for less, more in found[:1]:
        yield Warned(
            "partial_exceeds_full",
            f"partial credit exceeds full: {less.text!r} earns {less.total:g},"
            f" {more.text!r} only {more.total:g}{less.beside}",
        )


def _total(one: Scored) -> float:
    return one.total if one.total is not None else 0.0


def same_by_algebra(left: Reward, right: Reward) -> bool:
    """Whether two rewards are equal for every completion, as far as a few laws show: never falsely yes.

    The laws: names do not matter; a sum (of weight 1), product, minimum, maximum or coalesce of one part is that part;
    a scale by 1 and a clip beyond the bounds do nothing; a gate from a 0-or-1 reward to 1 and 0 is that reward.
    """
    return _normal(left) == _normal(right)


def _normal(reward: Reward) -> Reward:
    plain = reward.rebuilt(_normal).named(None)
    for law in (_of_one_part, _that_does_nothing, _gate_of_itself):
        inner = law(plain)
        if inner is not None:
            return inner
    return plain


def _of_one_part(reward: Reward) -> Reward | None:
    if isinstance(reward, WeightedSum) and len(reward.parts) == 1 and reward.parts[0].weight == 1.0:
        return reward.parts[0].reward
    several = isinstance(reward, Product | Minimum | Maximum | Coalesce) and len(reward.parts) == 1
    return reward.children()[0] if several else None


def _that_does_nothing(reward: Reward) -> Reward | None:
    if isinstance(reward, Scale) and (reward.factor, reward.offset) == (1.0, 0.0):
        return reward.reward
    if isinstance(reward, Clip):
        low, high = reward.reward.bounds()
        beyond = (reward.low is None or reward.low <= low) and (reward.high is None or reward.high >= high)
        return reward.reward if beyond else None
    return None


def _gate_of_itself(reward: Reward) -> Reward | None:
    if not isinstance(reward, Gate):
        return None
    to_one = (reward.then, reward.otherwise) == (Constant(value=1.0), Constant(value=0.0))
    values = reward.condition.values()
    return reward.condition if to_one and values is not None and values <= {0.0, 1.0} else None
