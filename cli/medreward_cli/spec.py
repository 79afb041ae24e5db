"""``medreward spec``: list, show, rules, validate, digest, schema."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from medreward_cli.reading import complete_reward, import_option, imported_here
from medreward_cli.terminal import gate, visible

if TYPE_CHECKING:
    from medreward.rewards.presets.base import Preset

__all__ = ["command"]


@click.group("spec", epilog="Example: medreward spec show mcq > my-reward.yaml")
def command() -> None:
    """List, show and check reward documents."""


@command.command("list", epilog="Example: medreward spec list")
def list_presets() -> None:
    """List the published rewards."""
    from medreward.rewards.presets import DEFAULT, PRESETS

    width = max(map(len, PRESETS))
    ranges = max(len(preset.range_shown) for preset in PRESETS.values())
    for name, preset in PRESETS.items():
        title = preset.title + (" (default)" if name == DEFAULT else "")
        click.echo(f"{name:<{width}}  {preset.document.digest[:19]}  {preset.range_shown:<{ranges}}  {title}")


@command.command("show", epilog="Example: medreward spec show medvlm-r1 --json")
@import_option
@click.argument("reward", shell_complete=complete_reward)
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
@click.option("--yaml", "as_yaml", is_flag=True, help="As YAML, with its source as comments (the default).")
def show(reward: str, *, as_json: bool, as_yaml: bool) -> None:
    """Show a preset or a document: what it is, where it comes from, what it can pay, and what may not be meant."""
    from medreward.rewards import analyse, load_document
    from medreward.rewards.presets import PRESETS

    document = load_document(reward)
    if as_json and as_yaml:
        raise click.UsageError("--json or --yaml, not both")
    if as_json:
        click.echo(document.to_json(indent=2))
        return
    preset = PRESETS.get(reward) or PRESETS.get(document.name or "")
    facts = {"digest": document.digest}
    if preset is not None:
        facts = {
            "preset": f"{preset.name}: {preset.title}",
            "source": preset.source,
            "paper": preset.paper,
            "code": preset.code,
            "range": preset.range_shown,
            **facts,
        }
    if len(document.names) > 1:
        facts["one document"] = ", ".join(document.names)
    for name, text in facts.items():
        for line in textwrap.wrap(f"{name}: {text}", 110, subsequent_indent="  ", break_long_words=False):
            click.echo(f"# {line}")
    for line in _golden_vectors(preset) if preset is not None else ():
        click.echo(f"# {line}")
    for line in str(analyse(document)).splitlines():
        for part in textwrap.wrap(line, 110, subsequent_indent="  ", break_long_words=False):
            click.echo(f"# {visible(part)}")
    click.echo(document.to_yaml(), nl=False)


def _golden_vectors(preset: Preset) -> Iterator[str]:
    """What completions earn, one a line, those that earn most first."""
    from medreward.rewards.presets.base import COMPLETIONS, GOLD

    yield f"golden vectors ({', '.join(preset.components)}; gold {GOLD} = Lungs):"
    for name, values in sorted(preset.golden.items(), key=lambda item: [-value for value in item[1]]):
        yield f"  {' '.join(f'{value:g}' for value in values)}  {_shortened(COMPLETIONS[name])}"
    if preset.cases:
        yield "golden vectors (total):"
    for case in preset.cases:
        beside = "".join(f", {name} {number:g}" for name, number in case.columns.items() if number is not None)
        beside += f", in a group with {', '.join(map(_shortened, case.others))}" if case.others else ""
        value = "null" if case.value is None else f"{case.value:.6g}"
        yield f"  {value}  {_shortened(case.completion)}, gold {_shortened(case.gold)}{beside}"


def _shortened(text: str | Sequence[str] | None) -> str:
    shown = json.dumps(text, ensure_ascii=False)
    return shown if len(shown) <= 90 else f"{shown[:60]}…{shown[-20:]}"


@command.command("rules", epilog="Example: medreward spec rules length_band.v1")
@import_option
@click.argument("kind", required=False)
def rules(kind: str | None) -> None:
    """List the rules and facts that documents are made of, or explain one KIND with its fields."""
    from medreward.rewards.kinds import describe, kinds

    if kind is not None:
        click.echo(visible(describe(kind)))
        return
    found = kinds()
    width = max(len(name) for names in found.values() for name in names)
    for noun, names in found.items():
        click.echo(f"{noun}s")
        for name, says in names.items():
            click.echo(visible(f"  {name:<{width}}  {says}"))


@command.command("validate", epilog="Example: medreward spec validate my-reward.yaml")
@import_option
@click.argument("files", metavar="FILE...", nargs=-1, required=True)
def validate(files: tuple[str, ...]) -> None:
    """Check reward documents, all of them, and say what is wrong with each. Warnings go to stderr and fail nothing."""
    from medreward.errors import DocumentError
    from medreward.rewards import analyse, load_document
    from medreward.scoring.case_check import failed_cases

    for name, module in imported_here().items():
        for line in failed_cases(module):
            click.echo(f"error[failed_case]: {visible(name)}: {visible(line)}", err=True)
            gate(failed=True, status=2)
    digests: dict[str, str] = {}
    for file in files:
        try:
            document = load_document(_as_file(file))
        except DocumentError as error:
            click.echo(f"error[{error.code}]: {visible(error.describe())}", err=True)
            gate(failed=True, status=2)
            continue
        digests[file] = document.digest
        for one in analyse(document).warnings:
            click.echo(f"warning[{one.code}]: {visible(one.text)}", err=True)
    for file, digest in digests.items():
        click.echo(f"ok {visible(file)} {digest}")


def _as_file(file: str) -> str | Path:
    """What exists is a file, even where a preset has its name."""
    return Path(file) if Path(file).exists() else file


@command.command("digest", epilog="Example: medreward spec digest medvlm-r1")
@import_option
@click.argument("reward", shell_complete=complete_reward)
def digest(reward: str) -> None:
    """Print the digest of a preset or a document: equal digests mean equal scores."""
    from medreward.rewards import load_document

    click.echo(load_document(reward).digest)


@command.command("schema", epilog="Example: medreward spec schema > medreward.schema.json")
@import_option
def schema() -> None:
    """Print the JSON Schema of reward documents, for editors."""
    from medreward.rewards import document_schema
    from medreward_cli.terminal import echo_json

    echo_json(document_schema())
