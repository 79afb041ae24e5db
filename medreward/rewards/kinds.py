"""What documents are made of: every rule and fact by kind, with its fields, told from the models themselves."""

from __future__ import annotations

import difflib
import inspect
import json
from typing import Literal, get_args, get_origin

from pydantic.fields import FieldInfo

from medreward.errors import UsageError
from medreward.rewards.base import Reward
from medreward.rewards.user_rules import load_installed
from medreward.spec import Kinds, Model, Spec

__all__ = ["describe", "kinds"]


def kinds() -> dict[str, dict[str, str]]:
    """Every kind and what it is in a sentence, by noun: ``reward``, then ``fact``.

    Example:
        >>> from medreward.rewards.kinds import kinds
        >>> kinds()["reward"]["constant.v1"]
        'The same value for every completion.'
    """
    load_installed()
    nouns = {noun: {_kind(spec): spec for spec in table} for noun, table in Kinds.tables.items()}
    return {
        noun: {kind: _doc(spec).split("\n\n")[0].replace("\n", " ") for kind, spec in sorted(specs.items())}
        for noun, specs in sorted(nouns.items(), reverse=True)
    }


def describe(kind: str) -> str:
    """What a kind means, its fields with their defaults, and its bounds as it comes.

    Args:
        kind: such as ``length_band.v1``; without its version, or the name of its Python class, it is found too.

    Raises:
        UsageError: ``unknown_kind``.
    """
    load_installed()
    specs = [(noun, spec) for noun, table in Kinds.tables.items() for spec in table]
    for noun, spec in specs:
        if kind in (_kind(spec), _kind(spec).partition(".")[0], spec.__name__):
            return "\n".join([f"{noun} {_kind(spec)}, in Python {spec.__name__}", "", _doc(spec), "", *_fields(spec)])
    near = difflib.get_close_matches(kind, [_kind(spec) for _, spec in specs], n=1)
    raise UsageError(
        "unknown_kind",
        "There is no rule or fact of this kind",
        got=repr(kind),
        do=f"the nearest is {near[0]}" if near else "list them: medreward spec rules",
    )


def _kind(spec: type[Spec]) -> str:
    return str(spec.model_fields["kind"].default)


def _doc(spec: type[Spec]) -> str:
    return inspect.cleandoc(spec.__doc__ or "It does not say what it is.")


def _fields(spec: type[Spec]) -> list[str]:
    common = {"kind", "name"} if issubclass(spec, Reward) else {"kind"}
    names = [name for name in spec.model_fields if name not in common]
    lines = [f"  {name}: {_shown(spec.model_fields[name])}" for name in names]
    return ["fields in a document, and what they are where left out:", *lines] if lines else ["it has no fields"]


def _shown(field: FieldInfo) -> str:
    """A field's default as a document would say it, and the words it takes."""
    words = get_args(field.annotation) if get_origin(field.annotation) is Literal else ()
    default = "needed" if field.is_required() else json.dumps(_plain(field.get_default(call_default_factory=True)))
    return default + (f" (one of {', '.join(map(str, words))})" if words else "")


def _plain(value: object) -> object:
    if isinstance(value, Spec):
        return {"kind": value.kind, **value.model_dump(mode="json", exclude_defaults=True)}
    if isinstance(value, Model):
        return value.model_dump(mode="json")
    return [_plain(item) for item in value] if isinstance(value, tuple | list | frozenset | set) else value
