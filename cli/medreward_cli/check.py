"""``medreward check``."""

from __future__ import annotations

import sys
from contextlib import redirect_stdout
from typing import TYPE_CHECKING, Any, Literal

import click

from medreward_cli.reading import complete_reward, import_option
from medreward_cli.terminal import echo_json, gate, visible

if TYPE_CHECKING:
    from medreward.testing import Report, Subject

__all__ = ["command"]

_MARKS = {"holds": "✓", "broken": "✗", "skipped": "–"}


@click.command("check", epilog="Example: medreward check --callable trl.rewards:think_format_reward --form trl")
@click.argument("rewards", metavar="[REWARD...]", nargs=-1, shell_complete=complete_reward)
@import_option
@click.option("--callable", "function", metavar="MODULE:FUNCTION", help="A Python reward function, instead of REWARD.")
@click.option("--form", type=click.Choice(["trl", "verl"]), help="Whose calling form the function has.")
@click.option("--text", "as_text", is_flag=True, help="With --form trl: completions are plain text, not messages.")
@click.option(
    "--gold-column", metavar="NAME", help="With --form trl: the column that holds golds, solution by default."
)
@click.option(
    "--gold", default="{label}", show_default=True, help="How a gold is written: a text with {label}, {text} or both."
)
@click.option(
    "--template",
    "templates",
    metavar="TEXT",
    multiple=True,
    help="How an honest completion is laid out: a text with {reasoning}, and {answer} or its {label} and {text}."
    " Repeatable.",
)
@click.option("--laws", "names", metavar="NAME,...", help="Only these laws.")
@click.option("--examples", type=click.IntRange(1), default=300, show_default=True, help="Rollouts for each law.")
@click.option(
    "--seconds",
    type=float,
    default=8.0,
    show_default=True,
    help="Half for the laws, half for the exploit search; 0 leaves the search out.",
)
@click.option("--seed", type=int, default=0, show_default=True, help="What rollouts and attacks are made from.")
@click.option("--strict", is_flag=True, help="Exit 1 for a free ride too.")
@click.option("--table", is_flag=True, help="One row for each REWARD, one column for each law, as Markdown.")
@click.option("--json", "as_json", is_flag=True, help="The findings as JSON.")
def command(  # noqa: PLR0913 - one parameter for each option
    rewards: tuple[str, ...],
    names: str | None,
    examples: int,
    seconds: float,
    seed: int,
    *,
    strict: bool,
    table: bool,
    as_json: bool,
    **given: Any,
) -> None:
    """Try a reward: the laws of sound rewards, a search for exploits, its bounds.

    REWARD is a preset or a document; with --table, several or none for all presets. --callable checks the reward
    function you already have. Exit 1 when a law is broken or a completion earns more than an honest guess.
    What a reward prints goes to stderr.
    """
    from medreward.testing import check
    from medreward.testing.laws import LAWS, named

    laws = named([name.strip() for name in names.split(",")]) if names else LAWS
    with redirect_stdout(sys.stderr):
        found = [
            check(subject, laws=laws, examples=examples, seconds=seconds, seed=seed)
            for subject in _subjects(rewards, table=table, **given)
        ]
    gate(any(report.failed(strict=strict) for report in found))
    if as_json:
        echo_json([report.to_dict() for report in found])
    elif table:
        for line in _table(found):
            click.echo(line)
    else:
        for number, report in enumerate(found):
            click.echo("\n" * bool(number), nl=False)
            _show(report)


def _subjects(  # noqa: PLR0913 - the same
    rewards: tuple[str, ...],
    *,
    table: bool,
    function: str | None,
    form: Literal["trl", "verl"] | None,
    as_text: bool,
    gold_column: str | None,
    gold: str,
    templates: tuple[str, ...],
) -> list[Subject]:
    """What is to be checked."""
    from medreward.loading import load_callable
    from medreward.rewards.presets import PRESETS
    from medreward.testing import subject_of

    if (function is None) != (form is None):
        raise click.UsageError("--callable and --form go together")
    if (as_text or gold_column) and form != "trl":
        raise click.UsageError("--text and --gold-column go with --callable and --form trl")
    if function is not None and form is not None:
        if rewards:
            raise click.UsageError("name a REWARD or give --callable, not both")
        called = load_callable(function)
        return [subject_of(called, form=form, text=as_text, gold_column=gold_column, gold=gold, templates=templates)]
    if not rewards and not table:
        raise click.UsageError("name a REWARD, or give --callable MODULE:FUNCTION --form trl|verl")
    return [subject_of(reward, gold=gold, templates=templates) for reward in rewards or PRESETS]


def _show(report: Report) -> None:
    for line in report.lines():
        click.echo(visible(line))


def _table(reports: list[Report]) -> list[str]:
    """A Markdown table: rewards down, laws across."""
    laws = [verdict.law.name for verdict in reports[0].verdicts] if reports else []
    lines = [f"| reward | {' | '.join(f'`{law}`' for law in laws)} |", "|---" * (len(laws) + 1) + "|"]
    for report in reports:
        marks = [_MARKS[verdict.word] for verdict in report.verdicts]
        lines.append(f"| `{report.name}` | {' | '.join(marks)} |")
    return lines
