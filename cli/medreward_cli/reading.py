"""The options that say how input is read, shared by the commands that read any."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from contextlib import redirect_stdout
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from types import ModuleType

    from click.shell_completion import CompletionItem

    from medreward.rewards import Document
    from medreward.scoring import InputSettings

__all__ = [
    "answer_option",
    "complete_reward",
    "import_option",
    "imported_here",
    "input_settings",
    "once",
    "read_as",
    "reading_options",
]

Command = TypeVar("Command", bound=Callable[..., Any])


def _pairs(ctx: click.Context, param: click.Parameter, value: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
    """Each ``canonical=column`` as a pair."""
    found: dict[str, str] = {}
    for item in value:
        from medreward.scoring.settings import CANONICAL  # only where --map is used: --help imports no library

        canonical, _, column = item.partition("=")
        if not column or canonical not in CANONICAL:
            wanted = f"{item!r} is not NAME=COLUMN with a NAME of {', '.join(CANONICAL)}"
            raise click.BadParameter(wanted, ctx, param)
        if canonical in found:
            raise click.BadParameter(f"{canonical} is named twice: {found[canonical]} and {column}", ctx, param)
        found[canonical] = column
    return tuple(sorted(found.items()))


def complete_reward(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:  # noqa: ARG001 - click's
    """What may be typed for a reward: the presets that begin so, else a document's file."""
    from click.shell_completion import CompletionItem  # only where a shell asks

    from medreward.rewards.presets import PRESETS

    names = [CompletionItem(name) for name in PRESETS if name.startswith(incomplete)]
    return [CompletionItem(incomplete, type="file"), *names]


_ESCAPES = {"n": "\n", "t": "\t", "\\": "\\"}


def once(ctx: click.Context, param: click.Parameter, value: tuple[str, ...]) -> str:
    """The one value: given twice, an option that counts once would silently mean its last."""
    if len(value) != 1:
        raise click.BadParameter(f"given {len(value)} times, and counts once: {', '.join(value)}", ctx, param)
    return value[0]


def unescaped(ctx: click.Context, param: click.Parameter, value: str) -> str:  # noqa: ARG001 - click's signature
    r"""The text with ``\n``, ``\t`` and ``\\`` as what they stand for: a shell hands them on as they are."""
    return re.sub(r"\\([nt\\])", lambda match: _ESCAPES[match[1]], value)


def _labels(ctx: click.Context, param: click.Parameter, value: str | None) -> tuple[str, ...]:  # noqa: ARG001 - click's
    return tuple(item.strip() for item in value.split(",")) if value else ()


def _import_rules(ctx: click.Context, param: click.Parameter, value: tuple[str, ...]) -> None:  # noqa: ARG001 - click's
    """Make the rules of modules known."""
    if value:
        from medreward.rewards import import_rules  # only where --import is used: --help imports no library

        with redirect_stdout(sys.stderr):  # what a module prints is no output of ours
            ctx.meta[_IMPORTED] = {module: import_rules(module) for module in value}


_IMPORTED = "medreward_cli.imported"


def imported_here() -> dict[str, ModuleType]:
    """The modules that this command was given to import, by what it was given."""
    found: dict[str, ModuleType] = click.get_current_context().meta.get(_IMPORTED, {})
    return found


import_option = click.option(
    "--import",
    "modules",
    metavar="MODULE",
    multiple=True,
    is_eager=True,
    expose_value=False,
    callback=_import_rules,
    help="A module of rules of your own, dotted or the path of a .py file. Repeatable.",
)


_OPTIONS = (
    import_option,
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
    click.option("--gold-from", metavar="FILE", help="A file of golds, joined to the rollouts by --on."),
    click.option("--on", "gold_on", metavar="COLUMN", help="The key of --gold-from; or ROLLOUTS_COLUMN=FILE_COLUMN."),
    click.option(
        "--options-columns",
        metavar="A,B,...",
        callback=_labels,
        help="Every option has a column of its own: A,B,C,D; or A=opa,B=opb where they are not called as labels.",
    ),
    click.option(
        "--options-from",
        type=click.Choice(["column", "prompt"]),
        default="column",
        show_default=True,
        help="Options stand in their column, or are read out of the prompt.",
    ),
    click.option(
        "--bad-options",
        type=click.Choice(["error", "none"]),
        default="error",
        show_default=True,
        help="What a prompt does whose options cannot be told: none means labels A to J.",
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
    from pydantic import ValidationError

    from medreward.scoring import InputSettings

    fields = {name: options[name] for name in InputSettings.model_fields if name in options}
    if options["gold_index"] is not None:
        fields["gold_index"] = int(options["gold_index"])
    try:
        return InputSettings.model_validate(fields)
    except ValidationError as error:
        raise click.UsageError("; ".join(part["msg"] for part in error.errors())) from error


def answer_option(command: Command) -> Command:
    """Give a command the option that :func:`read_as` takes."""
    return click.option(
        "--read",
        type=click.Choice(["answer", "text"]),
        default="answer",
        show_default=True,
        help="The answer is what the reward says, or the whole text where a completion has no answer block.",
    )(command)


def read_as(reward: str, read: str) -> str | Document:
    """The reward as it is, or with the whole text as the answer where there is none."""
    if read == "answer":
        return reward
    from medreward.rewards import load_document
    from medreward.rewards.whole_text import reading_whole_text

    return reading_whole_text(load_document(reward))
