"""Finding a model's chat template in the files it comes in."""

from __future__ import annotations

import json
from pathlib import Path

from medreward.errors import InputError
from medreward.rollouts.files.base import input_errors
from medreward.text.template import TurnOpening, opening_of

__all__ = ["read_template"]

_NAMES = ("chat_template.jinja", "chat_template.json", "tokenizer_config.json")


def read_template(path: str | Path) -> TurnOpening:
    """How a model's chat template opens the assistant's turn.

    Args:
        path: a template (``chat_template.jinja``), a JSON file with a ``chat_template`` (``tokenizer_config.json``), or
            a model's folder with one of them.

    Raises:
        InputError: ``not_found``, ``no_template``, ``bad_json``.
    """
    path = Path(path)
    if path.is_dir():
        held = [path / name for name in _NAMES if (path / name).is_file()]
        held = [file for file in held if _template_in(file) is not None]
        if not held:
            raise _no_template(path, f"a folder with one of {', '.join(_NAMES)} that holds a chat template")
        path = held[0]
    template = _template_in(path)
    opening = None if template is None else opening_of(template)
    if opening is None:
        raise _no_template(path, "a chat template that opens the assistant's turn: add_generation_prompt")
    return opening


def _no_template(path: Path, expected: str) -> InputError:
    return InputError("no_template", "There is no chat template to read", where=str(path), expected=expected)


def _template_in(file: Path) -> str | None:
    with input_errors(file):
        text = file.read_text(encoding="utf-8", errors="replace")
    if file.suffix != ".json":
        return text
    try:
        found = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise InputError("bad_json", "The file is no JSON", where=str(file), got=str(error)) from error
    template = found.get("chat_template") if isinstance(found, dict) else None
    if isinstance(template, list):  # several by name
        named = {one.get("name"): one.get("template") for one in template if isinstance(one, dict)}
        template = named.get("default", next(iter(named.values()), None))
    return template if isinstance(template, str) else None
