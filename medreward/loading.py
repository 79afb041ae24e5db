"""Functions of users, by where they stand: ``module:function``."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable
from typing import Any

from medreward.errors import UsageError

__all__ = ["load_callable"]


def load_callable(path: str) -> Callable[..., Any]:
    """A function from ``module:function``; modules of the working directory are found too.

    Raises:
        UsageError: ``bad_callable``.
    """
    module, colon, name = path.partition(":")
    if not colon or not module or not name:
        do = f"{module[:-3]}:NAME" if module.endswith(".py") else None
        raise UsageError("bad_callable", "A function is named module:function", got=path[:200], do=do)
    if "" not in sys.path:
        sys.path.insert(0, "")
    try:
        found: Any = importlib.import_module(module.removesuffix(".py"))
        for part in name.split("."):
            found = getattr(found, part)
    except (ImportError, AttributeError) as error:
        raise UsageError("bad_callable", f"{path[:200]!r} cannot be imported", got=str(error)) from error
    if not callable(found):
        raise UsageError("bad_callable", f"{path[:200]!r} is no function", got=type(found).__name__)
    return found  # type: ignore[no-any-return]
