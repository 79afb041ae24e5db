"""Strategies for the library's types, made known to ``hypothesis.strategies.from_type``.

Hypothesis calls :func:`register` when it is imported, in every environment where the library is installed. So nothing
is imported here: a module's types are registered when somebody imports that module.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from types import ModuleType
from typing import Any

__all__ = ["register"]

TYPES: dict[str, dict[str, str]] = {
    "medreward.text.options": {"OptionSet": "options"},
    "medreward.text.tags": {"TagSet": "tag_sets"},
    "medreward.rewards.base": {"Reward": "rewards"},
    "medreward.rewards.document": {"Document": "documents"},
}
"""Module to type to the name of its strategy in ``medreward.testing.strategies``."""


def register() -> None:
    """Register what is imported already, and the rest when it is."""
    for name in TYPES:
        if name in sys.modules:
            _register(sys.modules[name])
    if not any(isinstance(finder, _Watch) for finder in sys.meta_path):
        sys.meta_path.insert(0, _Watch())


def _register(module: ModuleType) -> None:
    from hypothesis import strategies as st

    for name, strategy in TYPES[module.__name__].items():
        st.register_type_strategy(getattr(module, name), _resolver(strategy))


def _resolver(strategy: str) -> Callable[[Any], Any]:
    def resolve(thing: Any) -> Any:  # noqa: ARG001 - hypothesis' signature
        from medreward.testing import strategies

        return getattr(strategies, strategy)()

    return resolve


class _Watch(MetaPathFinder):
    """Registers a module's types once the module has run; finds nothing by itself."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """The module's own specification, with the registration put behind its execution."""
        spec = PathFinder.find_spec(fullname, path, target) if fullname in TYPES else None
        if spec is None or spec.loader is None:
            return None
        run = spec.loader.exec_module

        def run_and_register(module: ModuleType) -> None:
            run(module)
            _register(module)

        spec.loader.exec_module = run_and_register  # type: ignore[method-assign]
        return spec
