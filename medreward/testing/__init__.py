"""Properties of rewards: strategies that make rollouts, laws that sound rewards keep, and a search for exploits.

Importing this package loads nothing; each name below is loaded when it is first used.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from medreward.testing import laws
    from medreward.testing.checking import Report, check, check_all_laws
    from medreward.testing.exploits import Exploit, find_exploits
    from medreward.testing.law import Counterexample, Law, Verdict
    from medreward.testing.rollout import Rollout, make_rollouts
    from medreward.testing.strategies import (
        answer_bodies,
        completions,
        golds,
        groups,
        options,
        rewards,
        rollouts,
    )
    from medreward.testing.subject import Subject, subject_of

_HOMES = {
    "medreward.testing.checking": "Report check check_all_laws",
    "medreward.testing.exploits": "Exploit find_exploits",
    "medreward.testing.law": "Counterexample Law Verdict",
    "medreward.testing.rollout": "Rollout make_rollouts",
    "medreward.testing.strategies": "answer_bodies completions golds groups options rewards rollouts",
    "medreward.testing.subject": "Subject subject_of",
}
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names.split()}

__all__ = [
    "Counterexample",
    "Exploit",
    "Law",
    "Report",
    "Rollout",
    "Subject",
    "Verdict",
    "answer_bodies",
    "check",
    "check_all_laws",
    "completions",
    "find_exploits",
    "golds",
    "groups",
    "laws",
    "make_rollouts",
    "options",
    "rewards",
    "rollouts",
    "subject_of",
]


if not TYPE_CHECKING:  # or every misspelt name would be an object to type checkers

    def __getattr__(name: str) -> object:
        if name == "laws":
            return importlib.import_module("medreward.testing.laws")
        if name not in _HOME_OF:
            raise AttributeError(f"module 'medreward.testing' has no attribute {name!r}")
        value = globals()[name] = getattr(importlib.import_module(_HOME_OF[name]), name)
        return value


def __dir__() -> list[str]:
    return sorted(__all__)
