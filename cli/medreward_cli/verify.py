"""``medreward verify``."""

from __future__ import annotations

from pathlib import Path

import click

from medreward_cli.terminal import echo_json, gate, visible

__all__ = ["command"]


@click.command("verify", epilog="Example: medreward verify scored.parquet")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="The answer as JSON.")
def command(file: Path, *, as_json: bool) -> None:
    """Say whether the scores in FILE are reproducible with this install.

    FILE is scored again with the reward and the settings that it records; scores must be equal, not close. Exit 0: they
    are; 1: they are not, and why.
    """
    from medreward.rollouts import verify

    found = verify(file)
    gate(not found.is_reproducible)
    if as_json:
        echo_json(found.to_dict())
    else:
        click.echo("yes" if found.is_reproducible else "no", nl=False)
        click.echo(
            visible(f": {found.rows:,} rows of {file} give the same scores" if found.is_reproducible else ", because")
        )
        for line in (*found.reasons, *(f"note: {note}" for note in found.notes)):
            click.echo(visible(f"  {line}"))
