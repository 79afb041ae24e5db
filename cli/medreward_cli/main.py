"""Where the command starts: the version at once, everything else through click, every ending as an exit status."""

from __future__ import annotations

import gc
import sys
from collections.abc import Sequence
from contextlib import suppress

__all__ = ["main"]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run ``medreward``.

    Args:
        arguments: what follows the command's name; the process's own where None.

    Returns:
        The exit status: 0 fine; 1 a gate failed; 2 usage or reward document; 3 input data; 4 output or environment;
        70 a bug in a rule or in medreward; 130 and 143 interrupted.
    """
    if arguments is None:  # a process of our own: looking for garbage among what is imported took a tenth of its start
        gc.set_threshold(100_000, 50, 50)
    given = sys.argv[1:] if arguments is None else list(arguments)
    try:
        if given == ["--version"]:  # answered before click is imported: that takes longer than the rest
            from medreward._version import __version__

            with suppress(OSError):  # whoever should read it has gone, or there is no room: said below
                print(f"medreward {__version__}", flush=True)
                return 0
        from medreward_cli.ending import run

        return run(given)
    except KeyboardInterrupt:  # while modules were still being imported
        return 130
