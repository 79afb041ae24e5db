"""What the choice grammar makes of every case, by the number of the grammar.

``python -m tests.conformance.golden`` writes the outcomes of the grammar that ``GRAMMAR`` numbers. It adds cases; where
the outcome of a case that is written down has changed it stops, and asks for a higher number.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path

from medreward.conformance import load_cases, read_choice
from medreward.rewards.document import GRAMMAR

__all__ = ["changed", "outcomes", "path_of", "written"]

FOLDER = Path(__file__).parent / "golden"


def path_of(grammar: int) -> Path:
    """Where the outcomes of that grammar stand."""
    return FOLDER / f"grammar-{grammar}.json"


def outcomes() -> Iterator[tuple[str, str]]:
    """Each case's id and body, and its labels, form and reason."""
    for case in load_cases():
        choice = read_choice(case.body, case.options, case.select)
        yield f"{case.id} {case.body!a}", f"{','.join(choice.labels)} {choice.form} {choice.reason}".strip()


def written(grammar: int = GRAMMAR) -> dict[str, str]:
    """The outcomes that are written down."""
    path = path_of(grammar)
    known: dict[str, str] = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    return known


def changed() -> Iterator[str]:
    """Each case whose outcome is not the one written down for this number of the grammar."""
    known = written()
    for name, found in outcomes():
        if known.get(name, found) != found:
            yield f"{name}: {known[name]} became {found}"


def main() -> int:
    """Write the outcomes; 1 where the grammar needs a higher number."""
    different = [*changed()]
    if different:
        print("these outcomes changed: raise GRAMMAR in medreward/rewards/document.py", *different, sep="\n")
        return 1
    FOLDER.mkdir(exist_ok=True)
    text = json.dumps(dict(outcomes()), indent=0, sort_keys=True)
    path_of(GRAMMAR).write_text(text + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
