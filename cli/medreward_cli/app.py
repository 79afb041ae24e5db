"""The command group. A command's file is imported when the command is named, a library when the command runs."""

from __future__ import annotations

import importlib

import click

from medreward import __version__

__all__ = ["COMMANDS", "app"]

COMMANDS = {
    "demo": "Score a small example, and see what the scores mean.",
    "score": "Score files of rollouts.",
    "explain": "Explain the reward of one completion.",
    "diff": "Show where rewards disagree on the same rollouts.",
    "inspect": "Show what is in a file of rollouts, and which flags it needs.",
    "verify": "Say whether the scores in a file are reproducible.",
    "train": "Train a policy with GRPO; --demo for a first look.",
    "check": "Try a reward: laws, exploits, bounds; yours too.",
    "spec": "List, show and check reward documents.",
    "conformance": "Test an answer extractor on hand-labelled cases.",
}
"""Every command and what it does; each is a file of that name."""


class _Commands(click.Group):
    """Commands that are imported when they are asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - click's signature
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = importlib.import_module(f"medreward_cli.{cmd_name}").command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002 - as above
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="medreward", message="%(prog)s %(version)s")
def app() -> None:
    """Rewards for reasoning models that answer multiple-choice questions.

    Begin with: medreward demo
    """
