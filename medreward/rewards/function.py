"""A plain Python function as a rule, for notebooks: it scores, and cannot be written down."""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable
from typing import Any, Literal, NoReturn

import numpy as np
from pydantic import model_validator
from pydantic_core import PydanticCustomError

from medreward.errors import DocumentError, MedrewardError, RuleError, UsageError
from medreward.rewards.base import Gold, GoldForm, Reward, Values, raised
from medreward.spec import Number
from medreward.text.facts import Column
from medreward.text.reading import Reading

__all__ = ["FunctionReward", "from_function", "not_serializable"]

_TEXTS = ("completion", "gold")


class FunctionReward(Reward):
    """What a Python function gives. It has no document and no digest, and stays in this process.

    Args:
        function: the function.
        columns: the numeric columns it takes.
        low: the least it gives.
        high: the greatest.
    """

    is_serializable = False

    kind: Literal["function"] = "function"
    function: Callable[..., Any]
    columns: tuple[Column, ...] = ()
    low: Number = 0.0
    high: Number = 1.0

    @model_validator(mode="after")
    def _sensible(self) -> FunctionReward:
        if self.low > self.high:
            raise PydanticCustomError("bounds_order", "'low' must not be greater than 'high'")
        return self

    @property
    def shown(self) -> str:
        """What messages call it."""
        return getattr(self.function, "__name__", "the function")

    def gold_forms(self) -> frozenset[GoldForm]:
        """The gold cell as given, if the function takes it."""
        return frozenset({"raw"} if "gold" in inspect.signature(self.function).parameters else ())

    def evaluate(self, reading: Reading, gold: Gold) -> Values:
        """Call the function with arrays, once.

        Raises:
            RuleError: ``rule_raised``, ``wrong_shape``, ``out_of_bounds``.
        """
        given = {column.name: self._numbers(column, reading) for column in self.columns}
        no_number = np.isnan(np.array([*given.values()])).any(axis=0) if given else np.zeros(len(reading), np.bool_)
        names = inspect.signature(self.function).parameters
        if "completion" in names:
            given["completion"] = np.array([reading.rows.text(row) for row in range(len(reading))], object)
        valid = reading.rows.valid
        if "gold" in names:
            codes, cells = gold.cells
            given["gold"] = np.array([cells[code] for code in codes.tolist()], object)
            valid = valid & np.array([cell is not None for cell in cells], np.bool_)[codes]
        data = np.asarray(self._call(given))
        if data.shape != (len(reading),) or data.dtype.kind not in "biuf":
            got = f"{data.dtype} of shape {data.shape}"
            raise self._error("wrong_shape", f"one number for each of {len(reading)} rows", got)
        values = data.astype(np.float64)
        beyond = valid & ((values < self.low) | (values > self.high))
        if beyond.any():
            row = int(beyond.argmax())
            raise self._error(
                "out_of_bounds",
                f"{self.low:g} to {self.high:g}",
                f"{values[row]:g} in row {row + reading.rows.first_row}",
            )
        return Values(values, valid & ~(no_number & np.isnan(values)))

    def _call(self, given: dict[str, np.ndarray[Any, Any]]) -> object:
        try:
            return self.function(**given)
        except MedrewardError:
            raise
        except (Exception, SystemExit) as error:
            raise raised(f"The function {self.shown}", str(self.function.__module__), error) from error

    def _numbers(self, column: Column, reading: Reading) -> np.ndarray[Any, Any]:
        numbers = reading[column]
        return np.where(numbers.valid, numbers.data, np.nan)

    def _error(self, code: str, expected: str, got: str) -> RuleError:
        do = "mend the function, or say other bounds"
        return RuleError(
            code, f"The function {self.shown} did not give what it should", expected=expected, got=got, do=do
        )

    def bounds(self) -> tuple[float, float]:
        """The bounds that were said."""
        return (self.low, self.high)

    def why(self, reading: Reading, gold: Gold) -> str:
        """Which function says so."""
        return f"the Python function {self.shown} says so"

    def __reduce__(self) -> NoReturn:
        raise not_serializable(self.shown)


def not_serializable(name: str) -> DocumentError:
    """The error for a reward with a Python function in it that is to be written down or sent to another process."""
    return DocumentError(
        "not_serializable",
        f"A reward with the Python function {name!r} in it has no document and no digest, and stays in this process",
        do="write the function as a rule, a model with a kind in a module, and name the module with --import",
    )


def from_function(function: Callable[..., Any], bounds: tuple[float, float] = (0.0, 1.0)) -> FunctionReward:
    """A vectorized Python function as a reward.

    Args:
        function: its parameters' names say what it takes, as arrays with one element for each row: ``completion`` and
            ``gold`` (the cell as given) as text or None, any other name without a default the numeric column of that
            name, NaN for null. It returns one number for each row; what it gives for a null completion or gold is not
            looked at, and NaN where a number is null gives null.
        bounds: the least and the greatest it gives; anything beyond is an error.

    Raises:
        UsageError: ``bad_function``: a parameter that cannot be given by name; ``bad_bounds``.

    Example:
        >>> import medreward
        >>> from medreward.rewards import from_function
        >>> short = from_function(lambda completion: [text is not None and len(text) < 9 for text in completion])
        >>> medreward.score_one("<b>", reward=short)
        1.0
    """
    parameters = inspect.signature(function).parameters.values()
    wrong = [one.name for one in parameters if one.kind not in (one.POSITIONAL_OR_KEYWORD, one.KEYWORD_ONLY)]
    if wrong:
        raise UsageError(
            "bad_function",
            "The parameters of a function must be named after what it takes",
            expected="completion, gold, or the name of a numeric column",
            got=", ".join(wrong),
        )
    if not all(map(math.isfinite, bounds)) or bounds[0] > bounds[1]:
        raise UsageError(
            "bad_bounds",
            "The bounds of a function are two finite numbers, the least it gives and the greatest",
            got=str(bounds),
            do="say what it can give at most: rewards beyond all bounds cannot be compared",
        )
    columns = tuple(Column(name=one.name) for one in parameters if one.name not in _TEXTS and one.default is one.empty)
    return FunctionReward(function=function, columns=columns, low=bounds[0], high=bounds[1])
