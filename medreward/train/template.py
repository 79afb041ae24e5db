"""A run's file with every setting, its default and its meaning: made from the settings themselves."""

from __future__ import annotations

import inspect
import json
import re
import textwrap

from pydantic_core import PydanticUndefined

from medreward.spec import Model
from medreward.train.config import TrainConfig

__all__ = ["config_template"]

_WIDTH = 100


def config_template() -> str:
    """The file as TOML; a setting that has no default stands there empty, one that is unset by default commented out.

    Example:
        >>> print(config_template().splitlines()[0])
        [policy]
    """
    sections = []
    for name, field in TrainConfig.model_fields.items():
        section = field.annotation
        if isinstance(section, type) and issubclass(section, Model):
            sections.append(_section(name, section))
    return "\n".join(sections)


def _section(name: str, section: type[Model]) -> str:
    meanings = _meanings(section)
    lines = [f"[{name}]"]
    for key, field in section.model_fields.items():
        lines += textwrap.wrap(meanings[key], _WIDTH, initial_indent="# ", subsequent_indent="# ")
        value = field.get_default(call_default_factory=True)
        if value is PydanticUndefined:
            lines.append(f"{key} = {'1' if key == 'steps' else json.dumps('')}")
        elif value is None or value == {}:
            lines.append(f"# {key} =")
        else:
            lines.append(f"{key} = {json.dumps(value)}")
    return "\n".join([*lines, ""])


def _meanings(section: type[Model]) -> dict[str, str]:
    """What each setting means, from the Args of its section's docstring."""
    args = inspect.cleandoc(section.__doc__ or "").partition("Args:\n")[2]
    found: dict[str, str] = {}
    for entry in re.split(r"\n    (?=\S)", "\n" + args.rstrip()):
        names, _, text = entry.partition(": ")
        for name in names.strip().split(", "):
            found[name] = " ".join(text.split())
    return found
