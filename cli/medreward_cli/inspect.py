"""``medreward inspect``."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from medreward_cli.reading import input_settings, reading_options
from medreward_cli.terminal import echo_json, visible

if TYPE_CHECKING:
    from medreward.rollouts import Inspection
    from medreward.text.template import TurnOpening

__all__ = ["command"]


@click.command("inspect", epilog="Example: medreward inspect completions/ --template path/to/model")
@click.argument("inputs", metavar="[IN]...", nargs=-1)
@reading_options
@click.option(
    "--template",
    type=click.Path(path_type=Path),
    help="A chat template, or a model's folder or tokenizer_config.json: say which --prefill its completions need.",
)
@click.option("--json", "as_json", is_flag=True, help="Everything as JSON.")
def command(inputs: tuple[str, ...], template: Path | None, *, as_json: bool, **reading: Any) -> None:
    """Show what is in a file of rollouts, how it is understood, and which flags it needs.

    The beginning of the first file is read: columns, golds, options, tags, three rows as they are understood.
    """
    from medreward.rollouts import inspect
    from medreward.rollouts.templates import read_template

    if not inputs and template is None:
        raise click.UsageError("name a file of rollouts, or a --template")
    opening = None if template is None else read_template(template)
    found = inspect(inputs, settings=input_settings(reading)) if inputs else None
    if as_json:
        parts = {} if found is None else found.to_dict()
        echo_json({**parts, **({} if opening is None else {"template": _opening(opening)})})
        return
    if found is not None:
        _show(found)
    if opening is not None:
        _show_opening(opening)


def _opening(opening: TurnOpening) -> dict[str, Any]:
    return {
        "turn": opening.text,
        "prefill": opening.prefill(),
        "otherwise": opening.other_prefills(),
        "how": "rendered" if opening.is_rendered else "read",
    }


def _show_opening(opening: TurnOpening) -> None:
    """Which prefill a template needs."""
    prefill = _escaped(opening.prefill())
    click.echo(f"{'template':<12} ", nl=False)
    click.echo(visible(f"--prefill {shlex.quote(prefill)}" if prefill else "opens no <think>: no --prefill is needed"))
    for name, other in opening.other_prefills().items():
        click.echo(visible(f"{'':<12} with {name}: {f'--prefill {shlex.quote(_escaped(other))}' if other else 'none'}"))


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("\n", "\\n").replace("\t", "\\t")


def _show(found: Inspection) -> None:
    files = f" and {found.files - 1:,} more files" if found.files > 1 else ""
    _line("file", f"{found.source}{files}, {found.rows:,} rows, format {found.format}")
    _line(
        "looked at", f"the first {found.looked_at:,} rows" if found.looked_at else "nothing: the first file has no rows"
    )
    for i, (name, kind, meaning) in enumerate(found.columns):
        _line("columns" if not i else "", f"{name}: {kind}{f' ({meaning})' if meaning and meaning != name else ''}")
    _line("golds", _counts(found.golds) or "none")
    _line("options", f"from {found.options.get('from', 'nowhere')}; {_counts(found.options.get('labels', {}))}")
    _line("tags", _shares(found.census.tags.most_common(12), found.census.texts) or "none")
    _line("unopened", _shares(found.census.unopened.most_common(4), found.census.texts))
    _line("ends with", _shares(found.census.end_tokens.most_common(4), found.census.texts))
    _line("answers", _counts(dict(found.summary.forms.most_common())))
    _line("flaws", _counts(dict(found.summary.flaws.most_common())))
    for note in found.notes:
        _line("note", note)
    for sample in found.samples:
        _show_row(sample)
    for problem in found.problems:
        click.echo(visible(f"\nproblem: {problem}"))
    for one in found.suggestions:
        click.echo(visible(f"\nsuggestion: {shlex.join(one.flags)}\n  because {one.why}"))
    click.echo(visible(f"\n{'once that is solved' if found.problems else 'next'}: {found.command}"))


def _show_row(sample: dict[str, Any]) -> None:
    click.echo(visible(f"\nrow {sample['row']}: {sample['completion']!r}"))
    parts = (sample["answer_form"], sample["answer_reason"], *sample["flaws"])
    click.echo(
        visible(
            f"  answer {sample['answer']} ({', '.join(str(part) for part in parts if part)}), gold {sample['gold']}"
        )
    )


def _line(head: str, text: str) -> None:
    if text:
        click.echo(visible(f"{head:<12} {text}"))


def _counts(found: dict[str, Any]) -> str:
    parts = (
        f"{name} ({_counts(count)})" if isinstance(count, dict) else f"{name} {count}" for name, count in found.items()
    )
    return ", ".join(parts)


def _shares(found: list[tuple[str, int]], total: int) -> str:
    return ", ".join(f"{name} {count / total:.1%}" for name, count in found)
