"""YAML as plain data: no tags, no anchors, no key written twice."""

from __future__ import annotations

import re
from typing import Any

import yaml

__all__ = ["read_yaml"]


_NUMBER = re.compile(r"[-+]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)[eE][-+]?[0-9]+$")


class _PlainLoader(yaml.SafeLoader):
    """A safe loader that also refuses what makes small files large or ambiguous."""

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        event = self.peek_event()  # type: ignore[no-untyped-call]
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            raise ValueError(f"anchors and aliases are not allowed{event.start_mark}")
        node: yaml.Node | None = super().compose_node(parent, index)
        return node

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:  # noqa: FBT001, FBT002
        keys = [self.construct_object(key, deep=True) for key, _ in node.value]
        if not all(isinstance(key, str) for key in keys) or len({*keys}) < len(keys):
            raise ValueError(f"keys must be strings, each written once{node.start_mark}")
        return super().construct_mapping(node, deep)


_PlainLoader.yaml_implicit_resolvers = {  # YAML 1.2 reads 1e-3 as a number; the 1.1 of the library wants 1.0e-3
    first: [*resolvers, *([("tag:yaml.org,2002:float", _NUMBER)] if first in "-+.0123456789" else [])]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def read_yaml(text: str) -> Any:
    """The data a YAML text holds.

    Raises:
        ValueError: what is wrong, and at which line.
    """
    try:
        return yaml.load(text, _PlainLoader)  # noqa: S506 - the loader is a SafeLoader
    except yaml.YAMLError as error:
        raise ValueError(str(error)) from error
