"""``medreward explain``."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import click

from medreward_cli.reading import answer_option, complete_reward, input_settings, read_as, reading_options
from medreward_cli.terminal import draw, echo_json, visible

if TYPE_CHECKING:
    from medreward.scoring import Explanation

__all__ = ["command", "show"]

Options = list[str | None] | dict[str, str | None] | None


def _json_options(ctx: click.Context, param: click.Parameter, value: str | None) -> Options:
    """Options from a JSON list of texts, or an object from label to text."""
    if value is None:
        return None
    try:
        found: Options = json.loads(value)
    except (ValueError, RecursionError) as error:
        raise click.BadParameter(f"no JSON: {error}", ctx, param) from error
    texts = list(found.values()) if isinstance(found, dict) else found
    if not isinstance(texts, list) or not all(text is None or isinstance(text, str) for text in texts):
        raise click.BadParameter("not a JSON list of texts, and no object from label to text", ctx, param)
    return found


@click.command("explain", epilog="Example: medreward explain rollouts.parquet --row 3 --reward medvlm-r1 --reward mcq")
@click.argument("file", required=False)
@click.option("--row", type=click.IntRange(min=0), help="The row of FILE, from 0.")
@click.option("--completion", help="A completion, instead of a row of a file.")
@click.option("--gold", help="Its right answer.")
@click.option("--option", "listed", multiple=True, metavar="TEXT", help="One option's text. Repeatable: A, B, ...")
@click.option(
    "--options",
    "as_given",
    metavar="JSON",
    callback=_json_options,
    help="All options: a JSON list of texts, or an object from label to text.",
)
@click.option(
    "--reward",
    "rewards",
    multiple=True,
    shell_complete=complete_reward,
    help="A preset or a document. Repeatable.  [default: medvlm-r1]",
)
@answer_option
@reading_options
@click.option("--json", "as_json", is_flag=True, help="A JSON list with one explanation for each reward.")
def command(file: str | None, row: int | None, *, as_json: bool, **given: Any) -> None:
    """Explain the reward of one completion: each part, why, and where in the text.

    The completion is a row of FILE, or given with --completion, --gold and --option.
    """
    from medreward.rollouts import explain_row
    from medreward.scoring import explain

    settings = input_settings(given)
    rewards = [read_as(reward, given["read"]) for reward in given["rewards"] or ("medvlm-r1",)]
    _check_one_source(file, row, given)
    if file is not None and row is not None:
        found = [explain_row(file, row, reward, settings=settings) for reward in rewards]
    else:
        options = list(given["listed"]) or given["as_given"]
        gold = _numbered(given["gold"], given["gold_index"])
        found = [explain(given["completion"], gold, options, reward, settings=settings) for reward in rewards]
    if as_json:
        echo_json([explanation.to_dict() for explanation in found])
    else:
        show(found)


def _check_one_source(file: str | None, row: int | None, given: dict[str, Any]) -> None:
    """A row of a file, or a completion with its gold and options, and not both."""
    beside = [name for name in ("completion", "gold", "listed", "as_given") if given[name]]
    if file is not None and beside:
        raise click.UsageError("FILE has its own completions: leave out --completion, --gold and the options")
    if file is not None and row is None:
        raise click.UsageError("FILE needs --row N")
    if file is None and (given["completion"] is None or row is not None):
        raise click.UsageError("name FILE and --row N, or give --completion TEXT")
    if given["listed"] and given["as_given"] is not None:
        raise click.UsageError("give the options once: with --option or with --options")


def _numbered(gold: str | None, first: str | None) -> str | int | None:
    """With ``--gold-index`` the gold is a number."""
    if gold is None or first is None:
        return gold
    try:
        return int(gold)
    except ValueError as error:
        raise click.UsageError("with --gold-index the gold is a whole number") from error


def show(explanations: list[Explanation]) -> None:
    """Draw the completion, then say what each reward gives and why; draw again where a reward sees other marks."""
    drawn = None
    for explanation in explanations:
        if explanation.marks != drawn:
            draw(explanation)
            drawn = explanation.marks
        click.echo()
        click.echo(visible(str(explanation)))
