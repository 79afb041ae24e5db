"""``medreward conformance``."""

from __future__ import annotations

import sys
from contextlib import redirect_stdout

import click

from medreward_cli.terminal import echo_json, visible

__all__ = ["command"]


@click.command("conformance", epilog="Example: medreward conformance --callable my_package.extract:letter")
@click.option(
    "--callable",
    "name",
    metavar="MODULE:FUNCTION",
    help="Whose reading is tested: a function of a body, its options and 'one' or 'many'.  [default: medreward's own]",
)
@click.option("--category", "categories", multiple=True, metavar="NAME", help="Only this category. Repeatable.")
@click.option("--failed", is_flag=True, help="List each case that is not right.")
@click.option("--json", "as_json", is_flag=True, help="The report as JSON, with each case that is not right.")
def command(name: str | None, categories: tuple[str, ...], *, failed: bool, as_json: bool) -> None:
    """Test an answer extractor on hand-labelled cases.

    Right: the labels are those of an accepted reading. False hit: labels where nothing is committed to. Missed: none
    where something is. Wrong: other labels. Exit status 0 whatever the accuracy.
    """
    from medreward.conformance import CATEGORIES, load_cases, run
    from medreward.loading import load_callable

    unknown = next((name for name in categories if name not in CATEGORIES), None)
    if unknown is not None:
        raise click.UsageError(f"--category: there is no {unknown!r}; there are {', '.join(CATEGORIES)}")
    with redirect_stdout(sys.stderr):  # what an extractor prints is no output of ours
        report = run(load_cases(categories or CATEGORIES), load_callable(name) if name else None)
    if as_json:
        echo_json(report.to_dict())
        return
    click.echo(visible(str(report)))
    for outcome in report.outcomes if failed else ():
        if outcome.verdict != "right":
            case = outcome.case
            found, wanted = ",".join(outcome.labels) or "none", ",".join(case.answer.labels) or "none"
            click.echo(visible(f"{outcome.verdict:<10} {case.id}: {found}, not {wanted}: {case.body!r}"))
