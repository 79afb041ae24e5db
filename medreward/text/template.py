"""What a chat template puts into the model's mouth: does it open ``<think>`` before the model speaks?

A template is rendered where jinja2 is installed, in a sandbox; else its text is read: what the block under
``add_generation_prompt`` writes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

__all__ = ["TurnOpening", "opening_of"]

_TOKEN = re.compile(r"(\{%.*?%\}|\{\{.*?\}\}|\{#.*?#\})", re.DOTALL)
_LITERAL = re.compile(r"'((?:[^'\\]|\\.)*)'|\"((?:[^\"\\]|\\.)*)\"", re.DOTALL)
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r"}
_QUESTION = [{"role": "user", "content": "?"}]
_SEEN = [{"role": "user", "content": [{"type": "text", "text": "?"}]}]
_SWITCHES: tuple[dict[str, bool], ...] = ({}, {"enable_thinking": True}, {"enable_thinking": False})


@dataclass(frozen=True)
class TurnOpening:
    """How a chat template opens the assistant's turn.

    Args:
        text: what it writes there, from the end of the user's turn on.
        variants: what it writes under other settings of the template, by setting.
        is_rendered: whether it was rendered; else it was read.
    """

    text: str
    variants: tuple[tuple[str, str], ...] = ()
    is_rendered: bool = False

    def prefill(self, tag: str = "think") -> str:
        """What every completion begins with and does not contain; empty where the model itself opens the tag."""
        return _from_tag(self.text, tag)

    def other_prefills(self, tag: str = "think") -> dict[str, str]:
        """The prefills under other settings of the template, where they differ."""
        return {name: _from_tag(text, tag) for name, text in self.variants if _from_tag(text, tag) != self.prefill(tag)}


def _from_tag(text: str, tag: str) -> str:
    at = text.find(f"<{tag}>")
    return text[at:] if at >= 0 else ""


def opening_of(template: str) -> TurnOpening | None:
    r"""How a chat template opens the assistant's turn.

    Args:
        template: the Jinja text.

    Returns:
        None where the template says nothing about a generation prompt.

    Example:
        >>> opening_of("{% if add_generation_prompt %}{{ '<|im_start|>assistant\n<think>\n' }}{% endif %}").prefill()
        '<think>\n'
    """
    return _rendered(template) or _read(template)


def _rendered(template: str) -> TurnOpening | None:
    """The opening as the template writes it, or None where jinja2 is missing or the template cannot be rendered."""
    try:
        from jinja2 import TemplateError
        from jinja2.sandbox import ImmutableSandboxedEnvironment
    except ImportError:
        return None
    broken = (TemplateError, TypeError, ValueError, LookupError, AttributeError, ArithmeticError)
    for messages in (_QUESTION, _SEEN):
        try:
            environment = ImmutableSandboxedEnvironment(
                trim_blocks=True, lstrip_blocks=True, extensions=["jinja2.ext.loopcontrols"]
            )
            environment.globals.update(raise_exception=_refuse, strftime_now=lambda form: form)
            compiled = environment.from_string(template)
            texts = []
            for switches in _SWITCHES:
                without, whole = (
                    compiled.render(
                        messages=messages, add_generation_prompt=told, bos_token="", eos_token="", **switches
                    )
                    for told in (False, True)
                )
                texts.append(whole[len(without) :] if whole.startswith(without) else "")
        except broken:
            continue
        if not any(texts):
            return None
        named = [
            (f"enable_thinking={switch['enable_thinking']}", text)
            for switch, text in zip(_SWITCHES, texts, strict=True)
            if switch
        ]
        return TurnOpening(texts[0], tuple((name, text) for name, text in named if text != texts[0]), is_rendered=True)
    return None


def _refuse(message: str) -> None:
    raise ValueError(message)


def _read(template: str) -> TurnOpening | None:
    """The opening as far as it stands in the template's text."""
    own: list[str] = []
    branches: dict[str, list[str]] = {}
    depth = inside = 0  # how many ifs are open, and how many were when the generation prompt began
    branch: str | None = None
    found = False
    for kind, content in _tokens(template):
        word = content.split(None, 1)[0] if kind == "block" and content.split() else ""
        if word in ("if", "for", "macro", "call", "filter"):
            depth += 1
            if not inside and word == "if" and "add_generation_prompt" in content:
                inside, found = depth, True
            elif inside and depth == inside + 1:
                branch = content.removeprefix("if").strip()
        elif word in ("else", "elif") and inside and depth == inside + 1:
            branch = "otherwise" if word == "else" else content.removeprefix("elif").strip()
        elif word in ("else", "elif") and inside and depth == inside:
            inside = 0
        elif word.startswith("end") and word not in ("endset", "endgeneration"):
            depth -= 1
            inside = 0 if depth < inside else inside
            branch = branch if depth > inside else None
        elif inside and kind in ("text", "output"):
            (own if branch is None else branches.setdefault(branch, [])).append(content)
    if not found:
        return None
    base = "".join(own)
    variants = tuple((name, base + "".join(parts)) for name, parts in branches.items())
    return TurnOpening(dict(variants).get("otherwise", base), variants)


def _tokens(template: str) -> Iterator[tuple[str, str]]:
    """Blocks, what outputs write as far as it is literal, and the text between, trimmed as Jinja does."""
    pieces = _TOKEN.split(template)
    for i, piece in enumerate(pieces):
        if piece.startswith("{%"):
            yield "block", piece.strip("{}%+- \n\t")
        elif piece.startswith("{{"):
            yield "output", "".join(_unescaped(one or two) for one, two in _LITERAL.findall(piece))
        elif piece and not piece.startswith("{#"):
            yield "text", _trimmed(piece, pieces[i - 1] if i else "", pieces[i + 1] if i + 1 < len(pieces) else "")


def _trimmed(text: str, before: str, after: str) -> str:
    if before.endswith(("-%}", "-}}", "-#}")):
        text = text.lstrip()
    elif before.endswith(("%}", "#}")):
        text = text.removeprefix("\n")
    if after.startswith(("{%-", "{{-", "{#-")):
        return text.rstrip()
    if after.startswith(("{%", "{#")) and not text.rpartition("\n")[2].strip():
        return text.rstrip(" \t")
    return text


def _unescaped(literal: str) -> str:
    return re.sub(r"\\(.)", lambda match: _ESCAPES.get(match[1], match[1]), literal, flags=re.DOTALL)
