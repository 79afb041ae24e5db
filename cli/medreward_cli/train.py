"""``medreward train``."""

from __future__ import annotations

import json
import shlex
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from medreward_cli.reading import import_option
from medreward_cli.terminal import visible

if TYPE_CHECKING:
    from medreward.train.loop import Report, Result

__all__ = ["command"]

_DEMO_FOLDER = Path("medreward-train-demo")
_EVERY = 10  # steps between lines where there is no terminal to draw a bar on


@click.command("train", epilog="Example: medreward train --demo")
@click.argument("config", metavar="[CONFIG]", required=False, type=click.Path(path_type=Path))
@import_option
@click.option("--demo", is_flag=True, help="Draw pictures, make a tiny model, and teach it; no download, no GPU.")
@click.option(
    "--size",
    type=click.Choice(["small", "large"]),
    default="small",
    show_default=True,
    help="Of the demo: large is 136 million weights and larger pictures, for a GPU.",
)
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    help="Folder to fill; else the config's, or medreward-train-demo.",
)
@click.option("--resume", is_flag=True, help="Go on from the newest checkpoint in the output folder.")
@click.option("--steps", type=click.IntRange(1), help="How many steps; else the config's.")
@click.option("--seed", type=click.IntRange(0), help="What chance follows from; else the config's.")
@click.option("--quiet", "-q", is_flag=True, help="No progress.")
def command(  # noqa: PLR0913 - one parameter a flag
    config: Path | None,
    output: Path | None,
    steps: int | None,
    seed: int | None,
    *,
    demo: bool,
    size: str,
    resume: bool,
    quiet: bool,
) -> None:
    """Train a policy with GRPO on a medreward reward.

    CONFIG is a TOML or JSON file; python -m medreward.train prints one with every setting and its default. The output
    folder gets rollouts/ (Parquet; medreward score reproduces it), metrics.jsonl, checkpoints/, model/ and curve.svg.
    """
    if demo == (config is not None):
        raise click.UsageError("give a CONFIG, or --demo")
    if config is not None and size != "small":
        raise click.UsageError("--size is of the demo; a CONFIG says itself how large things are")
    if demo and resume:
        raise click.UsageError("--demo cannot be resumed: it is over in minutes")
    from medreward.train import require_extra

    require_extra()
    with _progress(shown=not quiet) as (hook, watch):
        result = (
            _demo(output, steps, seed, size, hook, watch)
            if config is None
            else _train(config, output, steps, seed, hook, resume=resume)
        )
    _report(result)


def _demo(
    output: Path | None,
    steps: int | None,
    seed: int | None,
    size: str,
    hook: Callable[[Report], None],
    watch: Callable[..., None],
) -> Result:
    from medreward.train import run_demo

    return run_demo(output or _DEMO_FOLDER, seed=seed or 0, steps=steps, size=size, hooks=[hook], watch=watch)


def _train(
    path: Path,
    output: Path | None,
    steps: int | None,
    seed: int | None,
    hook: Callable[[Report], None],
    *,
    resume: bool,
) -> Result:
    from medreward.train import load_config, train

    config = load_config(path)
    given: dict[str, Any] = {"output": None if output is None else str(output), "steps": steps, "seed": seed}
    config = config.replace(run={name: value for name, value in given.items() if value is not None})
    return train(config, resume=resume, hooks=[hook])


@contextmanager
def _progress(*, shown: bool) -> Iterator[tuple[Callable[[Report], None], Callable[[int, float], None]]]:
    """A bar on a terminal's stderr, now and then a line on any other; warnings in either case."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
    from transformers.utils import logging

    logging.disable_progress_bar()
    terminal = shown and sys.stderr.isatty()
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True, disable=not terminal) as bar:
        task = bar.add_task("warming up", total=None)

        def hook(report: Report) -> None:
            for warned in report.warnings:
                click.echo(visible(f"warning[{warned.code}]: step {report.step}: {warned.text}"), err=True)
            line = _line(report)
            bar.update(task, description=line, completed=report.step, total=report.steps)
            if shown and not terminal and (report.step % _EVERY == 0 or report.step == report.steps):
                click.echo(line, err=True)

        def watch(step: int, loss: float) -> None:
            bar.update(task, completed=step)
            if shown and not terminal and step % 50 == 0:
                click.echo(f"warm-up {step:4}  loss {loss:.3f}", err=True)

        yield hook, watch


def _line(report: Report) -> str:
    known = {
        "reward": "reward",
        "held_out_accuracy": "held-out accuracy",
        "tokens_mean": "tokens",
        "entropy": "entropy",
    }
    parts = [f"{label} {report.metrics[name]:.3f}" for name, label in known.items() if name in report.metrics]
    return f"step {report.step:4}  {', '.join(parts)}"


def _report(result: Result) -> None:
    """The curve, what the policy knows, and where things are."""
    from medreward.train.curve import smoothed, terminal_curve

    rewards = result.rewards()
    window = max(1, len(rewards) // 60)
    click.echo(terminal_curve(smoothed(rewards, window), max(2.0, *rewards)))
    click.echo(f"       mean reward of a step, steps {len(rewards)}")
    edge = min(5, len(rewards))
    first, last = _mean(rewards[:edge]), _mean(rewards[-edge:])
    click.echo(f"\nreward       {first:.3f} in the first {edge} steps, {last:.3f} in the last")
    seen = [line["held_out_accuracy"] for line in result.metrics if "held_out_accuracy" in line]
    if seen:
        click.echo(f"unseen       greedy accuracy {seen[0]:.3f} before, {seen[-1]:.3f} after")
    click.echo(f"time         {time.process_time():.0f} s of CPU time")
    click.echo(visible(f"rollouts     {result.folder / 'rollouts'}"))
    click.echo(visible(f"curve        {result.folder / 'curve.svg'}"))
    click.echo(visible(f"model        {result.folder / 'model'}"))
    click.echo(visible(f"\nThe same rewards again:\n  {_again(result)}"))


def _again(result: Result) -> str:
    """The command that scores the run's rollouts as the run did."""
    from medreward.rewards.presets import DEFAULT
    from medreward.rewards.user_rules import imported_modules

    reward = json.loads((result.folder / "run.json").read_text(encoding="utf-8"))["config"]["reward"]["document"]
    flags = [] if reward == DEFAULT else ["--reward", reward]
    flags += [word for module in imported_modules() for word in ("--import", module)]
    return shlex.join(["medreward", "score", str(result.folder / "rollouts"), *flags, "-o", "rescored"])


def _mean(values: list[float]) -> float:
    return sum(values) / len(values)
