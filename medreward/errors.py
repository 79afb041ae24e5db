"""Everything medreward raises on purpose: one tree, stable codes, one exit status each.

Model text never raises. Documents, files, columns and golds do, and then the message says
what is wrong, where, what was expected, what was found, and what to do next.
"""

from __future__ import annotations

__all__ = [
    "DocumentError",
    "InputError",
    "MedrewardError",
    "MissingExtraError",
    "OutputError",
    "RuleError",
    "TrainingError",
    "UsageError",
]


class MedrewardError(Exception):
    """Base of every error medreward raises on purpose.

    Args:
        code: a stable word for programs, such as ``missing_column``; released codes never change meaning.
        what: one sentence saying what is wrong.
        where: the file, row, column or document path it was found at.
        expected: what would have been right.
        got: what was there instead.
        do: what to do next.

    Attributes:
        exit_code: the command line's exit status for this kind of error.
    """

    exit_code: int = 70

    def __init__(
        self,
        code: str,
        what: str,
        *,
        where: str | None = None,
        expected: str | None = None,
        got: str | None = None,
        do: str | None = None,
    ) -> None:
        self.code, self.what, self.where = code, what, where
        self.expected, self.got, self.do = expected, got, do
        super().__init__(self.describe())

    def __reduce__(self) -> tuple[object, ...]:  # keyword arguments survive a process boundary
        return (_rebuild, (type(self), self.code, self.what, self.where, self.expected, self.got, self.do))

    def describe(self) -> str:
        """The whole message, one line for each thing known."""
        lines = [self.what]
        for name in ("where", "expected", "got", "do"):
            value = getattr(self, name)
            if value is not None:
                lines.append(f"  {name + ':':<10}{value}")
        return "\n".join(lines)


def _rebuild(
    kind: type[MedrewardError],
    code: str,
    what: str,
    where: str | None,
    expected: str | None,
    got: str | None,
    do: str | None,
) -> MedrewardError:
    return kind(code, what, where=where, expected=expected, got=got, do=do)


class UsageError(MedrewardError):
    """The call itself is wrong: a flag, an argument, a name that does not exist. Exit 2."""

    exit_code = 2


class DocumentError(MedrewardError):
    """A reward document is wrong. Exit 2. Models built in Python raise pydantic's ValidationError instead."""

    exit_code = 2


class InputError(MedrewardError):
    """Input data is wrong: an unreadable file, a missing column, a gold that names no option. Exit 3."""

    exit_code = 3


class OutputError(MedrewardError):
    """Output could not be written, or the place is taken. Exit 4."""

    exit_code = 4


class MissingExtraError(MedrewardError):
    """An optional package is not installed; the message names the extra that brings it. Exit 4."""

    exit_code = 4


class RuleError(MedrewardError):
    """A rule returned a value that is not a finite number. A bug in that rule, never a reward of 0. Exit 70."""


class TrainingError(MedrewardError):
    """A training run cannot go on: its numbers are no longer finite, nothing earns a reward, memory is full. Exit 1."""

    exit_code = 1
