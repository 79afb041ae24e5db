"""How a run ends: every way out is a message on stderr and an exit status, and only a bug shows a traceback."""

from __future__ import annotations

import os
import signal
import sys
import threading
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from types import FrameType, TracebackType
from typing import Any, Self

import click

from medreward.errors import MedrewardError, OutputError, RuleError
from medreward_cli.app import app
from medreward_cli.terminal import GATE, visible

__all__ = ["run"]

_COMPLETION = "_MEDREWARD_COMPLETE"


def run(arguments: Sequence[str]) -> int:
    """Run a command line.

    Args:
        arguments: what follows the command's name.

    Returns:
        The exit status.
    """
    _prepare_streams()
    ending, meta = _Ending(), {GATE: 0}
    if _COMPLETION in os.environ:
        app.main(list(arguments), prog_name="medreward", complete_var=_COMPLETION)  # exits
    with ending, _Signals() as signals, signals.explain(), app.make_context("medreward", list(arguments)) as context:
        context.meta[GATE] = 0
        meta = context.meta
        app.invoke(context)
    with ending:
        sys.stdout.flush()
    return ending.status or int(meta[GATE])


def _prepare_streams() -> None:
    """Text that a terminal cannot show must not end the run, nor a stream that was closed before it began."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, Path(os.devnull).open("w", encoding="utf-8"))  # noqa: SIM115 - for the process's life
        stream = getattr(sys, name)
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")


class _Stopped(BaseException):
    """A signal ended the run."""

    def __init__(self, number: int) -> None:
        self.number = number


class _Signals:
    """Signals that would end the process raise KeyboardInterrupt: unfinished files are removed on the way out."""

    def __init__(self) -> None:
        self._received: int | None = None
        self._before: dict[int, Any] = {}

    def __enter__(self) -> Self:
        if threading.current_thread() is threading.main_thread():
            for name in ("SIGINT", "SIGTERM", "SIGHUP"):
                number = getattr(signal, name, None)
                if number is not None and signal.getsignal(number) in (signal.SIG_DFL, signal.default_int_handler):
                    self._before[number] = signal.signal(number, self._receive)
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def _receive(self, number: int, frame: FrameType | None) -> None:  # noqa: ARG002 - the signature of handlers
        self._received = number
        raise KeyboardInterrupt

    @contextmanager
    def explain(self) -> Iterator[None]:
        """What ends the block after a signal is its doing: libraries turn KeyboardInterrupt into errors of theirs."""
        try:
            yield
        finally:
            if self._received is not None and sys.exc_info()[0] is not None:
                raise _Stopped(self._received)


class _Ending(AbstractContextManager["_Ending"]):
    """Turns whatever leaves the block into an exit status."""

    def __init__(self) -> None:
        self.status = 0

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool:
        ending = next((ending for known, ending in _ENDINGS if isinstance(error, known)), None)
        if error is None or ending is None:
            return False
        self.status = ending(error)
        return True


def _exit(error: BaseException) -> int:
    return error.exit_code if isinstance(error, click.exceptions.Exit) else 0


def _usage(error: BaseException) -> int:
    if isinstance(error, click.ClickException):
        error.show()
    return 2


def _stopped(error: BaseException) -> int:
    number = error.number if isinstance(error, _Stopped) else signal.SIGINT
    click.echo("terminated" if number == signal.SIGTERM else "interrupted", err=True)
    return 128 + number


def _known(error: BaseException) -> int:
    if not isinstance(error, MedrewardError):
        return 70
    click.echo(f"error[{error.code}]: {visible(error.describe())}", err=True)
    return error.exit_code


def _nobody_reads(error: BaseException) -> int:  # noqa: ARG001 - endings are alike
    """Whoever read stdout had enough: what else is written there goes nowhere. A gate that failed stays failed."""
    _discard_stdout()
    return 0


def _system(error: BaseException) -> int:
    """The operating system refused something no file of ours is about, such as writing to stdout."""
    _discard_stdout()
    return _known(OutputError("write_failed", "The operating system refused", got=str(error)))


def _exited(error: BaseException) -> int:
    """Nothing of ours ends the process by itself: code of a user did, and a gate behind it would pass unseen."""
    frame = traceback.extract_tb(error.__traceback__)[-1]
    return _known(
        RuleError(
            "exited",
            "Code that was called ended the process before the command was done",
            where=f"{frame.filename}, line {frame.lineno}",
            got=f"SystemExit: {error}",
            do="let it raise an error, or return, instead of calling sys.exit",
        )
    )


def _discard_stdout() -> None:
    try:
        number = sys.stdout.fileno()
    except (OSError, ValueError):  # a stream in memory
        return
    os.dup2(os.open(os.devnull, os.O_WRONLY), number)


def _bug(error: BaseException) -> int:
    click.echo("".join(traceback.format_exception(error)), err=True)
    click.echo("this is a bug in medreward: please report it with the lines above", err=True)
    return 70


_ENDINGS: tuple[tuple[type[BaseException] | tuple[type[BaseException], ...], Callable[[BaseException], int]], ...] = (
    (click.exceptions.Exit, _exit),
    (click.ClickException, _usage),
    ((_Stopped, KeyboardInterrupt, click.Abort), _stopped),
    (MedrewardError, _known),
    (BrokenPipeError, _nobody_reads),
    (OSError, _system),
    (SystemExit, _exited),
    (Exception, _bug),
)
"""What may leave a run, the first that fits counting."""
