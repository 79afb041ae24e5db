"""Code of users, by where it stands: a module, dotted or the path of a ``.py`` file, and functions in it."""

from __future__ import annotations

import hashlib
import importlib
import importlib.util
import sys
from collections.abc import Callable
from pathlib import Path
from traceback import walk_tb
from types import ModuleType
from typing import Any

from medreward.errors import UsageError

__all__ = ["describe_error", "load_callable", "load_module", "place_in"]


def load_module(name: str) -> ModuleType:
    """A module of a user.

    Args:
        name: dotted, found in the working directory too; or the path of a ``.py`` file.

    Raises:
        UsageError: ``import_failed``: it cannot be found, or raises, or ends the process.
    """
    try:
        return _from_file(Path(name)) if name.endswith(".py") else _by_name(name)
    except (Exception, SystemExit) as error:
        raise UsageError(
            "import_failed",
            f"{name[:200]!r} cannot be imported",
            where=_syntax(error) or place_in(error, _file_name(Path(name)) if name.endswith(".py") else name),
            got=describe_error(error),
            do="mend the module, or name a dotted module that Python finds, or a path that ends in .py",
        ) from error


def load_callable(path: str) -> Callable[..., Any]:
    """A function from ``module:function``, the module as :func:`load_module` takes it.

    Raises:
        UsageError: ``bad_callable``: it is not named so, is not there, or is no function; ``import_failed``.
    """
    module, colon, name = path.rpartition(":")
    if not colon or not module or not name:
        do = f"{path}:NAME" if path.endswith(".py") else None
        raise UsageError("bad_callable", "A function is named module:function", got=path[:200], do=do)
    found: Any = load_module(module)
    home = str(found.__name__)
    try:
        for part in name.split("."):
            found = getattr(found, part)
    except (Exception, SystemExit) as error:
        raise UsageError(
            "bad_callable",
            f"{path[:200]!r} cannot be imported",
            where=place_in(error, home),
            got=describe_error(error),
            do="name a function that the module has",
        ) from error
    if not callable(found):
        raise UsageError("bad_callable", f"{path[:200]!r} is no function", got=type(found).__name__)
    return found  # type: ignore[no-any-return]


def place_in(error: BaseException, module: str) -> str | None:
    """``FILE, line N``: where in the module's package an error came from, the innermost; None where it did not."""
    package = module.partition(".")[0]
    places = [
        f"{frame.f_code.co_filename}, line {line}"
        for frame, line in walk_tb(error.__traceback__)
        if str(frame.f_globals.get("__name__")).partition(".")[0] == package
    ]
    return places[-1] if places else None


def describe_error(error: BaseException) -> str:
    """An error's class and the beginning of its message."""
    return f"{type(error).__name__}: {str(error)[:300]}"


def _syntax(error: BaseException) -> str | None:
    """Where a file is no Python: no line of it has run."""
    return f"{error.filename}, line {error.lineno}" if isinstance(error, SyntaxError) and error.filename else None


def _by_name(name: str) -> ModuleType:
    if "" not in sys.path:
        sys.path.insert(0, "")
    return importlib.import_module(name)


def _file_name(path: Path) -> str:
    """What a file's module is called, which no other module is."""
    return f"medreward_file_{hashlib.sha256(str(path.resolve()).encode()).hexdigest()[:8]}_{path.stem}"


def _from_file(path: Path) -> ModuleType:
    """A file as a module; a second time, by whatever path, the same module."""
    name = _file_name(path)
    if name in sys.modules:
        return sys.modules[name]
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise ImportError(f"{path} is no Python file")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[name]
        raise
    return module
