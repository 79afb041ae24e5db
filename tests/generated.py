"""Parts of README that are made, not written: ``python -m tests.generated`` writes them anew, a test finds drift.

A part stands between ``<!-- NAME -->`` and ``<!-- end NAME -->``; ``PARTS`` says what makes it.
"""

from __future__ import annotations

import contextlib
import io
import sys
from collections.abc import Callable, Iterator, Mapping

import click

from medreward import PRESETS
from medreward.text.choice import WHY
from medreward.text.facts import FLAWS
from medreward.train.metrics import METRICS
from medreward_cli.app import app
from medreward_cli.main import main
from tests.conftest import ROOT

README = ROOT / "README.md"
WIDTH = 100


def commands(command: click.Command, name: str, parent: click.Context | None = None) -> Iterator[tuple[str, str]]:
    """Each command's full name and its help, the outermost first."""
    context = click.Context(command, parent, name, terminal_width=WIDTH, **(command.context_settings or {}))
    yield context.command_path, command.get_help(context)
    if isinstance(command, click.Group):
        for inner in command.list_commands(context):
            found = command.get_command(context, inner)
            assert found is not None
            yield from commands(found, inner, context)


def folded(path: str, text: str) -> str:
    """A page of help that opens with a click."""
    return f"<details><summary><code>{path}</code></summary>\n\n```text\n{text}\n```\n\n</details>"


def reference() -> str:
    """Every command's help."""
    return "\n\n".join(folded(path, text) for path, text in commands(app, "medreward"))


def presets() -> str:
    """A row for each published reward."""
    rows = [(f"`{preset.name}`", preset.title, preset.range_shown, preset.source) for preset in PRESETS.values()]
    lines = (f"| {' | '.join(row)} |".replace("<", "&lt;") for row in rows)
    return "\n".join(["| name | what it is | totals | source |", "|---|---|---|---|", *lines])


def metrics() -> str:
    """A row for each number that training logs."""
    lines = (f"| `{name}` | {meaning} |" for name, meaning in METRICS.items())
    return "\n".join(["| metric | what it is |", "|---|---|", *lines])


def glossary() -> str:
    """The reasons and flaws that score columns name."""
    reasons = [f"| `{reason}` | {why} |" for reason, why in WHY.items()]
    flaws = [f"| `{flaw}` | {repair} |" for flaw, repair in FLAWS.items()]
    heads = ("| `answer_reason` | the answer has no label because |", "| in `flaws` | to mend it |")
    return "\n".join([heads[0], "|---|---|", *reasons, "", heads[1], "|---|---|", *flaws])


PARTS: dict[str, Callable[[], str]] = {
    "reference": reference,
    "presets": presets,
    "glossary": glossary,
    "metrics": metrics,
}
"""What stands between a part's marks, by the part's name."""


def laws() -> str:
    """Each published reward and whether it keeps each law, as the command prints it."""
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        assert main(["check", "--table", "--seconds", "0", "--examples", "120"]) in (0, 1)  # some presets break laws
    return printed.getvalue().rstrip()


SLOW_PARTS: dict[str, Callable[[], str]] = {"laws": laws}
"""Parts that take minutes: ``python -m tests.generated --slow`` writes them too."""


def with_part(text: str, name: str, made: str) -> str:
    """A text in which one part is what is made now."""
    begin, end = f"<!-- {name} -->\n", f"\n<!-- end {name} -->"
    before, found, rest = text.partition(begin)
    _, closed, after = rest.partition(end)
    assert found, f"README has no part {name}"
    assert closed, f"README does not end the part {name}"
    return f"{before}{begin}{made}{end}{after}"


def written(parts: Mapping[str, Callable[[], str]] = PARTS) -> str:
    """README with every part as it is made now."""
    text = README.read_text(encoding="utf-8")
    for name, make in parts.items():
        text = with_part(text, name, make())
    return text


if __name__ == "__main__":
    made = written({**PARTS, **SLOW_PARTS} if "--slow" in sys.argv else PARTS)
    README.write_text(made, encoding="utf-8")
