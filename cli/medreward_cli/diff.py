"""``medreward diff``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from medreward_cli.reading import complete_reward, input_settings, reading_options
from medreward_cli.terminal import echo_json, echo_table, visible

if TYPE_CHECKING:
    from medreward.scoring import InputSettings
    from medreward.scoring.diff import Flip, Pair
    from medreward.scoring.scorer import RewardSource

__all__ = ["command"]

_CELLS = 20  # outcomes shown
_LONG = 600  # code points of a completion shown from its end, where the answer is


@click.command(
    "diff", epilog="Example: medreward diff rollouts.parquet --reward medvlm-r1 --reward mcq --column logged_reward"
)
@click.argument("inputs", metavar="IN...", nargs=-1, required=True)
@click.option(
    "--reward",
    "rewards",
    metavar="NAME|FILE",
    multiple=True,
    shell_complete=complete_reward,
    help="A preset or a document. Repeatable.",
)
@click.option(
    "--column",
    "logged",
    metavar="COLUMN[+COLUMN...]",
    multiple=True,
    help="Rewards that stand in the file already, such as a run's own. Repeatable.",
)
@reading_options
@click.option("--examples", type=click.IntRange(0), default=5, show_default=True, help="Rows that flip to show.")
@click.option("--json", "as_json", is_flag=True, help="The comparison as JSON.")
def command(
    inputs: tuple[str, ...],
    rewards: tuple[str, ...],
    logged: tuple[str, ...],
    examples: int,
    *,
    as_json: bool,
    **reading: Any,
) -> None:
    """Show where rewards disagree on the same rollouts, and what that changes for a trainer.

    The first reward is compared with each of the others: which totals become which, rows that flip, and within groups
    (column group_id) the advantages, the ties and the order.
    """
    from medreward import diff
    from medreward.scoring.diff import logged_reward

    settings = input_settings(reading)
    known = _columns(inputs, settings) if "+" in "".join(logged) and "-" not in inputs else []  # stdin is read once
    sources: dict[str, RewardSource] = {
        **dict(zip(_names(rewards), rewards, strict=True)),
        **{name: logged_reward(name, known) for name in logged},
    }
    if len(sources) < len(rewards) + len(logged) or len(sources) < 2:
        raise click.UsageError("two different rewards are needed: --reward A --reward B, or --reward A --column NAME")
    found = diff(list(inputs), sources, settings=settings, examples=examples)
    if as_json:
        echo_json(found.to_dict())
        return
    if not found.rows:
        click.echo(f"{'rows':<12} 0: there is nothing to compare")
        return
    for pair in found.pairs:
        _show(pair)


def _columns(inputs: tuple[str, ...], settings: InputSettings) -> list[str]:
    """The columns of the first file: one of them may have a + in its name."""
    from medreward.rollouts.opening import open_rollouts
    from medreward.rollouts.sources import find_sources

    first = find_sources(inputs).shards[0]
    with open_rollouts(first.path, settings, str(first.relative), first.name) as rollouts:
        return list(rollouts.schema.names)


def _names(rewards: tuple[str, ...]) -> list[str]:
    """What rewards are called: a preset's name, a file's name without its ending, or its path where two have one."""
    paths = [Path(reward) for reward in rewards]
    short = [
        path.stem if path.suffix in (".json", ".yaml", ".yml") else reward
        for path, reward in zip(paths, rewards, strict=True)
    ]
    return [name if short.count(name) == 1 else reward for name, reward in zip(short, rewards, strict=True)]


def _show(pair: Pair) -> None:
    a, b = pair.names
    click.echo(visible(f"{'rewards':<12} {a} → {b}"))
    share = f" ({pair.equal / pair.rows:.1%})" if pair.rows else ""
    null = f", {pair.null_in_one:,} more are null in one" if pair.null_in_one else ""
    click.echo(f"{'rows':<12} {pair.rows:,} valued by both{null}")
    if pair.means[0] is not None:
        click.echo(f"{'mean':<12} {pair.means[0]:.4f} → {pair.means[1]:.4f}")
    click.echo(f"{'values':<12} {pair.equal:,} equal{share}, {pair.higher:,} higher, {pair.lower:,} lower")
    for heading, text in _group_lines(pair):
        click.echo(f"{heading:<12} {text}")
    echo_table([a, b, "rows"], _cells(pair))
    for flip in pair.flips:
        _show_flip(pair, flip)
    click.echo()


def _group_lines(pair: Pair) -> list[tuple[str, str]]:
    change = pair.groups
    if change is None:
        return [("groups", "not told: there is no group_id column (--map group_id=COLUMN)")]
    if not change.groups:
        return [("groups", "none of two rows or more")]
    first, second = change.zero_spread
    ties = f"ties made in {change.ties_made:.1%}, broken in {change.ties_broken:.1%}"
    moved = f"move by {change.advantage_change:.4f} on average; {change.sign_flips:.1%} of rows change sign"
    return [
        ("groups", f"{change.groups:,}; zero spread {first:.1%} → {second:.1%}"),
        ("order", f"changed places in {change.reversed:.1%} of groups; {ties}"),
        ("advantages", moved),
    ]


def _cells(pair: Pair) -> list[list[str]]:
    shown = [[f"{a:g}", f"{b:g}", f"{rows:,}"] for (a, b), rows in list(pair.outcomes.items())[:_CELLS]]
    rest = sum(list(pair.outcomes.values())[_CELLS:]) + pair.other_outcomes
    return [*shown, *([["other", "", f"{rest:,}"]] if rest else [])]


def _show_flip(pair: Pair, flip: Flip) -> None:
    click.echo()
    gold = "" if flip.gold is None else f", gold {flip.gold}"
    click.echo(visible(f"row {flip.row}: {flip.values[0]:g} → {flip.values[1]:g}{gold}"))
    for name, parts in zip(pair.names, flip.components, strict=True):
        shown = [f"{part.removeprefix('reward_')} {value}" for part, value in parts.items()]
        if shown:
            click.echo(visible(f"  {name}: {', '.join(shown)}"))
    if flip.flaws:
        click.echo(visible(f"  flaws: {', '.join(flip.flaws)}"))
    cut = f"(… {len(flip.completion) - _LONG:,} characters) " if len(flip.completion) > _LONG else ""
    for line in visible(cut + flip.completion[-_LONG:]).split("\n"):
        click.echo(f"  | {line}")
