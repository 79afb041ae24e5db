"""How honest completions and golds are worded: the layout, the answer inside it, the gold cell."""

from __future__ import annotations

import re
from collections.abc import Sequence

from medreward.errors import UsageError
from medreward.testing.rollout import OFFERED
from medreward.text.options import OptionSet
from medreward.text.tags import TagSet

__all__ = ["Wording", "fill", "templates_of"]

_WORD = "so"
_TAGS = re.compile(r"</?\w+>")
_STATES = re.compile(r"\{(?:label|text)\}")


def templates_of(tags: TagSet, order: tuple[str, ...] = ()) -> tuple[str, ...]:
    """The layouts of an honest completion: a block of each tag, with and without line breaks.

    Args:
        tags: the tags.
        order: the order in which the reward wants some of them; the others stand as the tag set lists them.
    """
    order = (*(role for role in tags.roles if role not in order and role != "answer"), *order)
    order = order if "answer" in order else (*order, "answer")
    inside = {"think": "{reasoning}", "answer": "{answer}"}

    def block(role: str, gap: str) -> str:
        body = inside.get(role, _WORD)
        return f"{tags.literal(role, 'open')}{gap}{body}{gap}{tags.literal(role, 'close')}"

    return tuple(join.join(block(role, gap) for role in order) for join, gap in (("", ""), ("\n", ""), ("\n", "\n")))


def fill(template: str, answer: str, reasoning: str = _WORD) -> str:
    """A completion of a layout."""
    return template.replace("{answer}", answer).replace("{reasoning}", reasoning)


class Wording:
    """How completions that answer honestly are written, and golds.

    Args:
        templates: layouts with ``{reasoning}``, and either ``{answer}`` or the answer itself, said with ``{label}`` and
            ``{text}``. For ``{answer}`` stands the label, or what the gold says inside its tags: whichever is paid
            more.
        gold: how the gold cell is written: a text with ``{label}`` or ``{text}``.

    Attributes:
        templates: the layouts, each with ``{answer}``.
        answers: what an answer says, with ``{label}`` and ``{text}``.

    Raises:
        UsageError: ``bad_template``, ``bad_gold_form``.
    """

    def __init__(self, templates: Sequence[str], gold: str = "{label}") -> None:
        if not _STATES.search(gold):
            raise UsageError(
                "bad_gold_form", "A form of golds says what a gold is", expected="{label}, {text} or both", got=gold
            )
        split = [_split(template) for template in templates]
        self.gold = gold
        self.templates = tuple(dict.fromkeys(layout for layout, _ in split))
        usual = ["{label}", _TAGS.sub("", gold).strip()]
        forms = (form for _, said in split for form in ([said] if said is not None else usual))
        self.answers = tuple(dict.fromkeys(forms))

    @property
    def offered(self) -> tuple[OptionSet, ...]:
        """The questions that laws are tried on; those without texts only where no text is to be said."""
        if not any("{text}" in form for form in (self.gold, *self.answers)):
            return OFFERED
        return tuple(options for options in OFFERED if None not in options.texts)

    def said(self, options: OptionSet, label: str) -> list[str]:
        """What an honest answer may say for a label."""
        return list(dict.fromkeys(_stated(form, options, label) for form in self.answers))

    def cell(self, options: OptionSet, label: str) -> str:
        """The gold cell for a label."""
        return _stated(self.gold, options, label)


def _split(template: str) -> tuple[str, str | None]:
    """A layout with ``{answer}``, and what its answer says where the layout says it."""
    stated = [match.span() for match in _STATES.finditer(template)]
    if ("{answer}" in template) == bool(stated):
        raise UsageError(
            "bad_template",
            "A template says where the answer stands",
            expected="{answer}, or the answer itself with {label} and {text}",
            got=repr(template),
            do="such as '{reasoning}\\nAnswer: {answer}' or '{reasoning}\\nAnswer: {label}. {text}'",
        )
    if not stated:
        return template, None
    start, end = stated[0][0], stated[-1][1]
    return f"{template[:start]}{{answer}}{template[end:]}", template[start:end]


def _stated(form: str, options: OptionSet, label: str) -> str:
    text = options.texts[options.labels.index(label)] or label
    return form.replace("{label}", label).replace("{text}", text)
