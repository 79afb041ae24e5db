"""The options that say how input is read, shared by the commands that read any."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from medreward.scoring import InputSettings

__all__ = ["input_settings", "reading_options"]

Command = TypeVar("Command", bound=Callable[..., Any])


def _pairs(ctx: click.Context, param: click.Parameter, value: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
    """Each ``canonical=column`` as a pair; of one name given twice the last counts."""
    found: dict[str, str] = {}
    for item in value:
        from medreward.scoring.settings import CANONICAL  # only where --map is used: --help imports no library

        canonical, _, column = item.partition("=")
        if not column or canonical not in CANONICAL:
            wanted = f"{item!r} is not NAME=COLUMN with a NAME of {', '.join(CANONICAL)}"
            raise click.BadParameter(wanted, ctx, param)
        found[canonical] = column
    return tuple(sorted(found.items()))


_ESCAPES = {"n": "\n", "t": "\t", "\\": "\\"}


def unescaped(ctx: click.Context, param: click.Parameter, value: str) -> str:  # noqa: ARG001 - click's signature
    r"""The text with ``\n``, ``\t`` and ``\\`` as what they stand for: a shell hands them on as they are."""
    return re.sub(r"\\([nt\\])", lambda match: _ESCAPES[match[1]], value)


_OPTIONS = (
    click.option(
        "--format",
        "format",
        default="auto",
        show_default=True,
        help="Which producer wrote the files: plain, trl, or whichever recognises the columns.",
    ),
    click.option(
        "--prefill",
        default="",
        callback=unescaped,
        help="What the chat template put before every completion, such as '<think>\\n'.",
    ),
    click.option(
        "--end-token",
        "end_tokens",
        metavar="TEXT",
        multiple=True,
        help="Cut from the end of completions, such as '<|im_end|>'. Repeatable.",
    ),
    click.option(
        "--map",
        "columns",
        metavar="NAME=COLUMN",
        callback=_pairs,
        multiple=True,
        help="Which column holds what, such as gold=answer. Repeatable.",
    ),
    click.option(
        "--gold-as",
        type=click.Choice(["auto", "label", "text"]),
        default="auto",
        show_default=True,
        help="Whether golds are labels or option texts.",
    ),
    click.option(
        "--gold-index", type=click.Choice(["0", "1"]), help="Golds are numbers, and the first option has this one."
    ),
    click.option(
        "--bad-gold",
        type=click.Choice(["error", "null"]),
        default="error",
        show_default=True,
        help="What a gold that names no option does.",
    ),
)


def reading_options(command: Command) -> Command:
    """Give a command the options that :func:`input_settings` takes."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def input_settings(options: dict[str, Any]) -> InputSettings:
    """How the input is read, as the options say."""
    from medreward.scoring import InputSettings

    index = options["gold_index"]
    return InputSettings(
        columns=options["columns"],
        gold_as=options["gold_as"],
        gold_index=None if index is None else (1 if index == "1" else 0),
        bad_gold=options["bad_gold"],
        format=options["format"],
        prefill=options["prefill"],
        end_tokens=options["end_tokens"],
    )
