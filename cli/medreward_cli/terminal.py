"""Text on a terminal: what models wrote is shown, never obeyed."""

from __future__ import annotations

import json
import sys
import unicodedata
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from medreward.scoring import Explanation

__all__ = ["GATE", "draw", "echo_json", "echo_table", "gate", "visible"]

GATE = "medreward.gate"
"""Where a command leaves the exit status of its gate."""
_SHOWN = 60  # code points of a mark that its line in the legend shows
_STYLES = {
    "tag": "bold cyan",
    "loose_tag": "bold red",
    "reasoning": "dim",
    "answer": "green",
    "label": "bold green reverse",
    "stray": "yellow underline",
}


def visible(text: str) -> str:
    r"""The text with control, format and invisible characters written as escapes; newlines and tabs stay.

    Example:
        >>> visible("a\x1b[31mb")
        'a\\x1b[31mb'
    """
    return text if text.isascii() and text.isprintable() else "".join(map(_visible, text))


def _visible(character: str) -> str:
    if character in "\n\t" or unicodedata.category(character) not in ("Cc", "Cf", "Cs", "Zl", "Zp"):
        return character
    point = ord(character)
    return f"\\x{point:02x}" if point < 0x100 else f"\\u{point:04x}" if point < 0x10000 else f"\\U{point:08x}"


def gate(failed: bool, status: int = 1) -> None:  # noqa: FBT001 - the verdict
    """Let the run end with a status if something failed. Said before anything is printed: stdout may be closed."""
    if failed:
        click.get_current_context().meta[GATE] = status


def echo_json(data: Any) -> None:
    """One JSON document on stdout, in ASCII."""
    click.echo(json.dumps(data, indent=2, allow_nan=False))


def echo_table(head: list[str], rows: list[list[str]]) -> None:
    """A table on stdout: the first column to the left, the others to the right, nothing cut or wrapped."""
    cells = [[visible(cell).replace("\n", "\\n").replace("\t", "\\t") for cell in row] for row in [head, *rows]]
    widths = [max(map(_width, column)) for column in zip(*cells, strict=True)]
    click.echo()
    for row in cells:
        padded = [" " * (width - _width(cell)) for cell, width in zip(row, widths, strict=True)]
        line = [row[0] + padded[0], *(pad + cell for cell, pad in zip(row[1:], padded[1:], strict=True))]
        click.echo("  ".join(line).rstrip())


def _width(text: str) -> int:
    """Columns of a terminal that a text takes."""
    from rich.cells import cell_len

    return cell_len(text)


def draw(explanation: Explanation) -> None:
    """The completion with what stands where: in colours on a terminal, else with a legend."""
    if explanation.completion is None:
        click.echo("the completion is null")
    elif sys.stdout.isatty():
        _draw_in_colour(explanation, explanation.completion)
    else:
        _draw_with_legend(explanation, explanation.completion)


def _draw_in_colour(explanation: Explanation, completion: str) -> None:
    from rich.console import Console
    from rich.text import Text

    pieces = [_visible(character) for character in completion]
    place = [0]
    for piece in pieces:
        place.append(place[-1] + len(piece))
    text = Text("".join(pieces), end="")
    for mark in explanation.marks:
        text.stylize(_STYLES.get(mark.kind, "bold"), place[mark.start], place[mark.end])
    console = Console(highlight=False, markup=False, emoji=False, soft_wrap=True)
    console.print(text)
    kinds = dict.fromkeys(mark.kind for mark in explanation.marks)
    console.print(Text("  ").join(Text(kind, style=_STYLES.get(kind, "bold")) for kind in kinds))


def _draw_with_legend(explanation: Explanation, completion: str) -> None:
    for line in visible(completion).split("\n"):
        click.echo(f"| {line}")
    for mark in explanation.marks:
        text = visible(completion[mark.start : min(mark.end, mark.start + _SHOWN)]).replace("\n", "\\n")
        more = "…" if mark.end - mark.start > _SHOWN else ""
        click.echo(f"{mark.start:>7} {mark.end:>7}   {mark.kind:<10} {text}{more}")
