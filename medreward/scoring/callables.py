"""Reward functions people already have, called as their trainer calls them.

``trl``: one call for a batch, with the keywords ``prompts``, ``completions``, ``completion_ids``, ``trainer_state``,
``log_extra``, ``log_metric`` and one for each column of the dataset (TRL 1.16). ``verl``: one call for each completion,
``compute_score(data_source=, solution_str=, ground_truth=, extra_info=)`` (verl 0.9).

An exception is never swallowed and never becomes a number: it is the outcome of the row that caused it.
"""

from __future__ import annotations

import asyncio
import dis
import inspect
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from types import CodeType, SimpleNamespace, TracebackType
from typing import Any, Literal, get_args

from medreward.errors import MedrewardError, MissingExtraError, UsageError
from medreward.text.options import OptionSet

__all__ = ["CallableReward", "Failure", "Form", "Outcome", "Question", "attempt"]

Form = Literal["trl", "verl"]
"""Whose calling form a function has."""


@dataclass(frozen=True, slots=True)
class Failure:
    """A row that got no value because the reward raised, or gave something that is no number.

    Args:
        error: the exception's class and message, or what was given instead of a number.
    """

    error: str


Outcome = float | None | Failure
"""What a row got: a number (perhaps not a finite one), null, or a failure."""


@dataclass(frozen=True, slots=True)
class Question:
    """One row as a reward function is given it.

    Args:
        completion: what the model wrote.
        gold: the gold cell, as the function is to see it.
        options: what was offered.
    """

    completion: str
    gold: str
    options: OptionSet

    @property
    def prompt(self) -> str:
        """A question that offers the options."""
        pairs = zip(self.options.labels, self.options.texts, strict=True)
        return "\n".join(["Which is it?", *(f"{label}) {text or label}" for label, text in pairs)])


class _Caught(AbstractContextManager["_Caught"]):
    """Holds the exception that left the block, if one did: SystemExit, too, which is no answer to a completion."""

    error: Exception | SystemExit | None = None

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool:
        if isinstance(error, Exception | SystemExit):
            self.error = error
        return self.error is not None


def attempt(call: Callable[[Sequence[Any]], Sequence[Outcome]], rows: Sequence[Any]) -> list[Outcome]:
    """The outcomes of a batch call; where it raises, of its halves, down to the rows that raise.

    Args:
        call: gives one outcome for each row.
        rows: the rows.

    Returns:
        One outcome for each row. Where both halves work and the whole does not, the first row holds the failure.

    Raises:
        MissingExtraError: the reward calls a package that is not installed.
    """
    with _Caught() as caught:
        return list(call(rows))
    if isinstance(caught.error, MissingExtraError):  # says something about the environment, not about the reward
        raise caught.error
    if isinstance(caught.error, ImportError):
        raise MissingExtraError("missing_extra", f"The reward needs what is not installed: {caught.error}")
    if len(rows) < 2:
        return [Failure(_said(caught.error))] * len(rows)
    half = len(rows) // 2
    found = attempt(call, rows[:half]) + attempt(call, rows[half:])
    if not any(isinstance(outcome, Failure) for outcome in found):
        found[0] = Failure(f"{_said(caught.error)} (in a batch of {len(rows)}, not alone)")
    return found


def _said(error: BaseException | None) -> str:
    """What an error says. What to do is left out of ours: it speaks of rows in files, and here are made-up ones."""
    if not isinstance(error, MedrewardError):
        return f"{type(error).__name__}: {error}"
    parts = [error.what, *(f"{name} {value}" for name in ("expected", "got") if (value := getattr(error, name)))]
    return f"{type(error).__name__}: {'; '.join(parts)}"


class CallableReward:
    """A Python reward function in a trainer's calling form.

    Args:
        function: the function; a coroutine function too.
        form: whose form it has.
        messages: with ``trl``, completions are lists of one assistant message, as for conversational prompts; else
            plain text.
        gold: with ``trl``, the name of the dataset column that holds the gold.
        data_source: with ``verl``, the data source it is told.

    Raises:
        UsageError: ``bad_form``: no such form.

    Example:
        >>> def says_b(completions, **columns):
        ...     return [float("B" in completion[0]["content"]) for completion in completions]
        >>> reward = CallableReward(says_b, "trl")
        >>> reward.score([Question("<answer>B</answer>", "B", OptionSet())])
        [1.0]
    """

    def __init__(
        self,
        function: Callable[..., Any],
        form: Form,
        *,
        messages: bool = True,
        gold: str = "solution",
        data_source: str = "medreward",
    ) -> None:
        if form not in get_args(Form):
            raise UsageError(
                "bad_form",
                "There is no such calling form of reward functions",
                expected=" or ".join(get_args(Form)),
                got=repr(form)[:80],
                do="name the trainer that the function was written for",
            )
        self.function, self.form = function, form
        self.messages, self.gold, self.data_source = messages, gold, data_source
        self.name = str(getattr(function, "__name__", type(function).__name__))

    @property
    def reads_gold(self) -> bool:
        """Whether the function's code reads the gold, by name or among all keywords; true where there is no code."""
        code = getattr(inspect.unwrap(self.function), "__code__", None)
        gold = self.gold if self.form == "trl" else "ground_truth"
        return code is None or not {gold, *_keywords(code)}.isdisjoint(_read_names(code))

    def score(self, rows: Sequence[Question]) -> list[Outcome]:
        """One outcome for each row."""
        return attempt({"trl": self._trl, "verl": self._verl}[self.form], rows)

    def _trl(self, rows: Sequence[Question]) -> list[Outcome]:
        given = _waited(
            self.function(
                prompts=[self._message("user", row.prompt) for row in rows],
                completions=[self._message("assistant", row.completion) for row in rows],
                completion_ids=[list(row.completion.encode("utf-8", "replace")) for row in rows],
                **{self.gold: [row.gold for row in rows]},
                options=[list(row.options.texts) for row in rows],
                trainer_state=SimpleNamespace(global_step=0, max_steps=1, epoch=0.0),
                log_extra=lambda column, values: None,  # noqa: ARG005 - TRL's names
                log_metric=lambda name, value: None,  # noqa: ARG005 - TRL's names
            )
        )
        values = list(given)
        if len(values) != len(rows):
            raise ValueError(f"{len(values)} rewards were returned for {len(rows)} completions")
        return [_outcome(value) for value in values]

    def _message(self, role: str, text: str) -> object:
        return [{"role": role, "content": text}] if self.messages else text

    def _verl(self, rows: Sequence[Question]) -> list[Outcome]:
        return [_outcome(self._verl_score(row)) for row in rows]

    def _verl_score(self, row: Question) -> object:
        given = _waited(
            self.function(
                data_source=self.data_source,
                solution_str=row.completion,
                ground_truth=row.gold,
                extra_info={"question": row.prompt, "options": list(row.options.texts), "num_turns": 1},
            )
        )
        return given["score"] if isinstance(given, dict) else given


def _keywords(code: CodeType) -> tuple[str, ...]:
    """The name of the parameter that takes all other keywords."""
    if not code.co_flags & inspect.CO_VARKEYWORDS:
        return ()
    positional = bool(code.co_flags & inspect.CO_VARARGS)
    return (code.co_varnames[code.co_argcount + code.co_kwonlyargcount + positional],)


def _read_names(code: CodeType) -> set[str]:
    """The variables and constant words that a function's code reads, those of functions inside it too."""
    names: set[str] = set()
    for instruction in dis.get_instructions(code):
        if instruction.opname.startswith("LOAD"):
            value = instruction.argval
            names.update(part for part in (value if isinstance(value, tuple) else (value,)) if isinstance(part, str))
    inner = [constant for constant in code.co_consts if isinstance(constant, CodeType)]
    return names.union(*map(_read_names, inner))


def _waited(given: Any) -> Any:
    """What a function gave, or what its coroutine gives."""
    if not inspect.isawaitable(given):
        return given

    async def wait(pending: Awaitable[Any]) -> Any:
        return await pending

    return asyncio.run(wait(given))


def _outcome(value: Any) -> Outcome:
    """A number from whatever holds one: Python's, numpy's, a tensor of one element."""
    item = value.item() if hasattr(value, "item") else value
    if item is None or isinstance(item, float):
        return item
    return float(item) if isinstance(item, int) else Failure(f"gave {item!r:.80}, which is no number")
