"""``medreward score``."""

from __future__ import annotations

import math
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext, redirect_stdout
from typing import TYPE_CHECKING, Any, Literal

import click

from medreward_cli.reading import answer_option, complete_reward, input_settings, once, read_as, reading_options
from medreward_cli.terminal import echo_json, echo_table, gate, visible

if TYPE_CHECKING:
    from medreward.rollouts import FileScores
    from medreward.scoring import Slice, Summary

__all__ = ["command"]


def floors_of(ctx: click.Context, param: click.Parameter, value: tuple[str, ...]) -> dict[str, float]:
    """Each ``name=mean`` as a number by name."""
    found: dict[str, float] = {}
    for item in value:
        name, _, floor = item.partition("=")
        try:
            found[name] = float(floor)
        except ValueError:
            raise click.BadParameter(f"{item!r} is not NAME=NUMBER", ctx, param) from None
        if not math.isfinite(found[name]):
            raise click.BadParameter(f"{item!r} needs a finite number", ctx, param)
    return found


@click.command("score", epilog="Example: medreward score rollouts.parquet -o scored.parquet --reward mcq")
@click.argument("inputs", metavar="IN...", nargs=-1, required=True)
@click.option("-o", "--output", help="File or folder to write (.jsonl and -: JSON lines); else a summary only.")
@click.option(
    "--reward",
    default=["medvlm-r1"],
    show_default=True,
    multiple=True,
    callback=once,
    shell_complete=complete_reward,
    help="A preset (medreward spec list) or a document.",
)
@answer_option
@reading_options
@click.option(
    "--columns",
    "which",
    type=click.Choice(["all", "scores"]),
    default="all",
    show_default=True,
    help="Write the input's columns too, or the scores with row, group_id and step.",
)
@click.option("--prefix", default="", help="What the names of the score columns begin with.")
@click.option(
    "--fail-under",
    "floors",
    metavar="NAME=MEAN",
    callback=floors_of,
    multiple=True,
    help="Exit 1 where a mean is lower, or null: reward=0.4, accuracy=0.5. Repeatable.",
)
@click.option(
    "--by",
    metavar="COLUMN",
    multiple=True,
    help="Means for each value of a column, accuracy with a 95 % interval and baselines. Repeatable.",
)
@click.option("--groups", is_flag=True, help="What a trainer that compares completions of one group_id would see.")
@click.option(
    "--jobs",
    type=click.IntRange(min=1),
    default=1,
    show_default=True,
    help="How many files are scored at a time, each in a process of its own.",
)
@click.option("--overwrite", is_flag=True, help="Replace an output that exists.")
@click.option("--json", "as_json", is_flag=True, help="The summary as JSON.")
@click.option("--quiet", "-q", is_flag=True, help="No progress bar.")
def command(  # noqa: PLR0913 - one parameter for each option
    inputs: tuple[str, ...],
    output: str | None,
    reward: str,
    which: Literal["all", "scores"],
    prefix: str,
    floors: dict[str, float],
    by: tuple[str, ...],
    *,
    read: str,
    groups: bool,
    jobs: int,
    overwrite: bool,
    as_json: bool,
    quiet: bool,
    **reading: Any,
) -> None:
    """Score rollouts in Parquet, JSON lines or CSV files.

    IN is a file, a folder (searched for such files) or a quoted pattern, with the columns completion, gold and options.
    One file gives one output file; several inputs, a folder or a pattern give a folder with the same relative names.
    IN and OUT may be a URI (s3://bucket/runs), or - for JSON lines; with -o - the summary goes to stderr.
    """
    from medreward.rollouts import score_files

    _check_floors(floors, reward)
    began = time.monotonic()
    with _progress(shown=not quiet and sys.stderr.isatty()) as progress:
        result = score_files(
            inputs,
            output,
            reward=read_as(reward, read),
            settings=input_settings(reading),
            columns=which,
            prefix=prefix,
            overwrite=overwrite,
            by=by,
            groups=groups,
            jobs=jobs,
            progress=progress,
        )
    seconds = time.monotonic() - began
    name = result.document.name or (reward if read == "answer" else f"{reward} --read {read}")
    low = _below(floors, result.summary)
    gate(bool(low))
    for line in low:
        click.echo(f"failed: {line}", err=True)
    for note in result.notes:
        click.echo(visible(f"note: {note}"), err=True)
    with redirect_stdout(sys.stderr) if output == "-" else nullcontext():  # standard output holds the rows
        if as_json:
            echo_json({**result.to_dict(), "reward": name, "seconds": round(seconds, 3), "failed": low})
        else:
            _show(result, name, output, seconds)


def _show(result: FileScores, name: str, output: str | None, seconds: float) -> None:
    click.echo(visible(f"{'reward':<12} {name} {result.document.digest}"))
    click.echo(visible(str(result.summary)))
    if result.groups is not None:
        click.echo(visible("\n".join(f"{heading:<12} {text}" for heading, text in result.groups.lines() if text)))
    for column, found in result.slices.items():
        echo_table(*_slice_table(column, found))
    if output is not None and output != "-":
        files = f" ({len(result.outputs):,} files)" if len(result.outputs) != 1 else ""
        click.echo(visible(f"{'wrote':<12} {output}{files} in {seconds:.1f} s"))


def _slice_table(column: str, found: list[Slice]) -> tuple[list[str], list[list[str]]]:
    """A head and a row for each slice; shares in percent."""
    names = [*found[0].means] if found else []
    head = [column, "rows", *(name.removeprefix("reward_") for name in names)]
    head += ["right", "95 % interval", "constant letter", "guess"]
    return head, [[*_slice_means(one, names), *_slice_accuracy(one)] for one in found]


def _slice_means(one: Slice, names: list[str]) -> list[str]:
    means = [one.means[name] for name in names]
    shown = ["null" if mean is None else f"{mean:.4f}" for mean in means]
    return [_slice_name(one.value), f"{one.rows:,}", *shown]


def _slice_name(value: str | None) -> str:
    """The value; in quotes where it could be taken for another one, or for none."""
    if value is None:
        return "null"
    return f"'{value}'" if value in ("", "null") or value != value.strip() or value[0] in "'\"" else value


def _slice_accuracy(one: Slice) -> list[str]:
    if one.accuracy is None or one.low is None or one.high is None:
        return ["no gold", "", "", ""]
    constant = f"{one.constant_accuracy:.1%} ({one.constant_letter})"
    return [f"{one.accuracy:.1%}", f"{one.low:.1%} to {one.high:.1%}", constant, f"{one.guess_accuracy:.1%}"]


def _check_floors(floors: dict[str, float], reward: str) -> None:
    """A floor for a component the reward does not have is a mistake, found before anything is scored."""
    from medreward.rewards import load_document

    known = ["reward", *load_document(reward).components()] if floors else []
    for name in floors:
        if name not in known:
            raise click.UsageError(f"--fail-under: the reward has no {name!r}; it has {', '.join(known)}")


def _below(floors: dict[str, float], summary: Summary) -> list[str]:
    """What is lower than it must be, a line for each."""
    low = []
    for name, floor in floors.items():
        mean = summary.means["reward" if name == "reward" else f"reward_{name}"].value
        if mean is None or mean < floor:
            low.append(f"mean {name} is {'null' if mean is None else mean}, which is not at least {floor:g}")
    return low


@contextmanager
def _progress(*, shown: bool) -> Iterator[Callable[[int, int], None] | None]:
    """A bar on stderr, fed with the rows scored and the rows there are."""
    if not shown:
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TimeRemainingColumn

    columns = ("scoring", BarColumn(), MofNCompleteColumn(), "rows", TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("scoring", total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)
