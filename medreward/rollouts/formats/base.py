"""What a producer of rollout files looks like to the rest: how its files are recognised, and read as canonical rows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pyarrow as pa

from medreward.rollouts.files.base import Rollouts
from medreward.scoring.settings import InputSettings

__all__ = ["Format", "as_it_is"]


def as_it_is(rollouts: Rollouts, settings: InputSettings, scope: str) -> Rollouts:  # noqa: ARG001 - adapters are alike
    """The rows need no adapting."""
    return rollouts


@dataclass(frozen=True)
class Format:
    """The files of one producer.

    Args:
        name: what ``--format`` calls it.
        title: what it is, in a few words.
        recognises: whether a file of these columns (and this metadata) is one of this producer's.
        adapt: the same rows in canonical columns; told the settings and what the file is called in its folder.
    """

    name: str
    title: str
    recognises: Callable[[pa.Schema], bool]
    adapt: Callable[[Rollouts, InputSettings, str], Rollouts] = as_it_is
