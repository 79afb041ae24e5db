"""The laws: what every sound reward for multiple-choice answers keeps.

Each is an object: ``laws.EXCLUSIVE.check("mcq")`` tries one, ``medreward.testing.check_all_laws`` tries all of
``LAWS``. What sound rewards can break is no law, and is not here: that the stated bounds are reached (``a - a`` states
-1 to 1 and is always 0), that a cleaner form never earns less (a reward may want the letter with its text), that
whitespace inside the answer changes nothing (a length in characters may count it). Where lengths or repetition are
paid, laws that compare two texts compare texts of one length, or say nothing. A reward that pays short completions and
does not ask for reasoning breaks ``no_better_than_guessing``: it pays for leaving the reasoning out.
"""

from __future__ import annotations

from collections.abc import Iterable

from medreward.errors import UsageError
from medreward.testing.law import Law
from medreward.testing.laws.guessing import (
    EXCLUSIVE,
    HONEST_IS_BEST,
    NO_BETTER_THAN_GUESSING,
    RIGHT_PAYS,
    WRONG_NEVER_BEATS_RIGHT,
)
from medreward.testing.laws.naming import GOLD_SPELLING, RELABELLING
from medreward.testing.laws.running import (
    BATCH_BLIND,
    DEPENDS_ON_COMPLETION,
    OFFLINE_IS_ONLINE,
    REPEATABLE,
    ROUND_TRIP,
    TOTAL,
)
from medreward.testing.laws.tags import OUTSIDE_TEXT, REPAIRS_NEVER_HURT

__all__ = [
    "BATCH_BLIND",
    "DEPENDS_ON_COMPLETION",
    "EXCLUSIVE",
    "GOLD_SPELLING",
    "HONEST_IS_BEST",
    "LAWS",
    "NO_BETTER_THAN_GUESSING",
    "OFFLINE_IS_ONLINE",
    "OUTSIDE_TEXT",
    "RELABELLING",
    "REPAIRS_NEVER_HURT",
    "REPEATABLE",
    "RIGHT_PAYS",
    "ROUND_TRIP",
    "TOTAL",
    "WRONG_NEVER_BEATS_RIGHT",
    "named",
]

LAWS: tuple[Law, ...] = (
    TOTAL,
    REPEATABLE,
    BATCH_BLIND,
    OFFLINE_IS_ONLINE,
    ROUND_TRIP,
    DEPENDS_ON_COMPLETION,
    RIGHT_PAYS,
    WRONG_NEVER_BEATS_RIGHT,
    EXCLUSIVE,
    NO_BETTER_THAN_GUESSING,
    HONEST_IS_BEST,
    RELABELLING,
    GOLD_SPELLING,
    OUTSIDE_TEXT,
    REPAIRS_NEVER_HURT,
)
"""Every law."""


def named(names: Iterable[str]) -> tuple[Law, ...]:
    """Laws by name, in the order of ``LAWS``.

    Raises:
        UsageError: ``unknown_law``.
    """
    wanted = {*names}
    unknown = sorted(wanted - {law.name for law in LAWS})
    if unknown:
        raise UsageError("unknown_law", f"There is no law {unknown[0]!r}", expected=", ".join(law.name for law in LAWS))
    return tuple(law for law in LAWS if law.name in wanted)
