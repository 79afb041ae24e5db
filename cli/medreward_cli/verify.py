"""``medreward verify``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from medreward_cli.reading import import_option
from medreward_cli.terminal import echo_json, gate, visible

if TYPE_CHECKING:
    from medreward.rollouts import Verification

__all__ = ["command"]


@click.command("verify", epilog="Example: medreward verify scored.parquet")
@import_option
@click.argument("files", nargs=-1, required=True)
@click.option("--json", "as_json", is_flag=True, help="The answer as JSON.")
def command(files: tuple[str, ...], *, as_json: bool) -> None:
    """Say whether the scores in FILES are reproducible with this install.

    FILES are scored Parquet files, or folders of them. Each is scored again with the reward and the settings that it
    records; scores must be equal, not close. Exit 0: they are; 1: they are not, and why.
    """
    from medreward.rollouts import verify
    from medreward.rollouts.sources import find_sources

    found = [verify(str(shard.path)) for shard in find_sources(files).shards]
    reproducible = all(one.is_reproducible for one in found)
    gate(not reproducible)
    if as_json:
        echo_json({"reproducible": reproducible, "files": [one.to_dict() for one in found]})
        return
    for one in found:
        _show(one)


def _show(found: Verification) -> None:
    says = f": {found.rows:,} rows give the same scores" if found.is_reproducible else ", because"
    click.echo(visible(f"{found.file}: {'yes' if found.is_reproducible else 'no'}{says}"))
    for line in (*found.reasons, *(f"note: {note}" for note in found.notes)):
        click.echo(visible(f"  {line}"))
