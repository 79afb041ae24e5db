"""Rules of users: made known by importing their module, or by an entry point of an installed package.

A document names kinds and nothing else, so loading one runs no code of its own: a kind is found among those already
known, or in a package that somebody installed because it offers that kind.
"""

from __future__ import annotations

import hashlib
import sys
from importlib.metadata import EntryPoint, entry_points, packages_distributions, version
from pathlib import Path
from types import ModuleType

from medreward.errors import UsageError
from medreward.loading import describe_error, load_module
from medreward.spec import Kinds, Spec

__all__ = ["GROUP", "import_rules", "imported_modules", "load_installed", "module_version", "user_modules"]

GROUP = "medreward.rules"
"""The entry point group: a name is a kind, such as ``one_answer.v1``, a value the module that makes it known."""

_imported: dict[str, str] = {}


def imported_modules() -> dict[str, ModuleType]:
    """The modules by what :func:`import_rules` was given so far, in order: other processes import the same."""
    return {name: sys.modules[module] for name, module in _imported.items()}


def import_rules(name: str) -> ModuleType:
    """Import a module that makes rules or facts known with ``REWARDS.add`` or ``FACTS.add``.

    Args:
        name: a dotted module, found in the working directory too, or the path of a ``.py`` file. Importing twice
            imports once.

    Returns:
        The module.

    Raises:
        UsageError: ``import_failed``: it cannot be imported, or takes a kind that is taken; ``no_rules``: nothing in
            it is a rule or fact.
    """
    if name in _imported:
        return sys.modules[_imported[name]]
    before = {kind for kinds in Kinds.tables.values() for kind in kinds.names()}
    module = load_module(name)
    known = [spec for kinds in Kinds.tables.values() for spec in kinds]
    if not any(spec.model_fields["kind"].default not in before or spec.__module__ == module.__name__ for spec in known):
        raise UsageError(
            "no_rules",
            "The module makes no rule and no fact known",
            where=name,
            do="put @REWARDS.add above each rule, or @FACTS.add above each fact",
        )
    _imported[name] = module.__name__
    return module


def load_installed(kind: object = None) -> bool:
    """Load the rules that installed packages offer.

    Args:
        kind: only the entry point of this kind; None for all.

    Returns:
        Whether there was one.

    Raises:
        UsageError: ``import_failed``.
    """
    wanted = [point for point in entry_points(group=GROUP) if kind is None or point.name == kind]
    for point in wanted:
        _load(point)
    return bool(wanted)


def _load(point: EntryPoint) -> None:
    try:
        point.load()
    except (Exception, SystemExit) as error:
        raise UsageError(
            "import_failed",
            "A rule of an installed package cannot be loaded",
            where=f"entry point {point.name} = {point.value}",
            got=describe_error(error),
            do="mend or remove that package",
        ) from error


def user_modules(specs: list[Spec]) -> dict[str, str | None]:
    """The modules outside medreward that define some of these specs, and their versions."""
    modules = dict.fromkeys(type(spec).__module__ for spec in specs)
    return {name: module_version(name) for name in modules if name.partition(".")[0] != "medreward"}


def module_version(name: str) -> str | None:
    """The version of the package a module is part of, else the sha256 of its file; None where it has neither."""
    packages = packages_distributions().get(name.partition(".")[0], [])
    if packages:
        return version(packages[0])
    file = getattr(sys.modules.get(name), "__file__", None)
    return f"sha256:{hashlib.sha256(Path(file).read_bytes()).hexdigest()}" if file and Path(file).exists() else None
