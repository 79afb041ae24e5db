"""Opening an input: the kind of file, the producer's format, and golds that come from another file."""

from __future__ import annotations

from collections.abc import Collection
from contextlib import suppress

from medreward.rollouts.files import Rollouts, open_file
from medreward.rollouts.formats import find_format
from medreward.rollouts.joins import WithGolds
from medreward.rollouts.places import Place
from medreward.scoring.settings import CANONICAL, InputSettings

__all__ = ["open_rollouts"]

_NUMBERS = ("step", "completion_tokens")


def open_rollouts(
    path: Place, settings: InputSettings | None = None, scope: str | None = None, name: str | None = None
) -> Rollouts:
    """Open one input file as canonical rows; a blank one as it is.

    Args:
        path: the file.
        settings: how it is to be read.
        scope: what the file is called in its folder; derived group ids depend on it. Its own name where None.
        name: what messages call it; its path where None.

    Raises:
        InputError: the file is missing, damaged, or of no known kind or format.
        UsageError: ``unknown_format``.
    """
    settings = settings or InputSettings()
    rollouts = open_file(path, name, _texts(settings))
    if rollouts.is_blank:
        return rollouts
    try:
        found = find_format(settings.format, rollouts.schema, rollouts.name)
        adapted = found.adapt(rollouts, settings, scope or path.name)
        return adapted if settings.gold_from is None else WithGolds(adapted, settings)
    except BaseException:
        with suppress(OSError):
            rollouts.close()
        raise


def _texts(settings: InputSettings) -> Collection[str]:
    """The columns that are text whatever their cells look like."""
    texts = {settings.column(name) for name in CANONICAL if name not in _NUMBERS}
    return texts | {name for _, name in settings.options_columns} | {settings.key_columns[0]}
