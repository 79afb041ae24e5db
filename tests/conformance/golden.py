"""What the choice grammar makes of every case, by the number of the grammar.

``python -m tests.conformance.golden`` writes the outcomes of the grammar that ``GRAMMAR`` numbers. It adds cases; where
the outcome of a case that is written down has changed it stops, and asks for a higher number.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from medreward.conformance import load_cases, read_choice
from medreward.rewards.document import GRAMMAR

__all__ = ["changed", "outcomes", "path_of", "written"]

FOLDER = Path(__file__).parent / "golden"


def path_of(grammar: int) -> Path:
    """Where the outcomes of that grammar stand."""
    return FOLDER / f"grammar-{grammar}.json"


def outcomes() -> dict[str, str]:
    """Labels, form and reason of every case, by its id and body."""
    found = {}
    for case in load_cases():
        choice = read_choice(case.body, case.options, case.select)
        found[f"{case.id} {case.body!a}"] = f"{','.join(choice.labels)} {choice.form} {choice.reason}".strip()
    return found


def written(grammar: int = GRAMMAR) -> dict[str, str]:
    """The outcomes that are written down."""
    path = path_of(grammar)
    known: dict[str, str] = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    return known


def changed() -> list[str]:
    """Every case whose outcome is not the one written down for this number of the grammar."""
    known, found = written(), outcomes()
    return [
        f"{name}: {known[name]} became {found[name]}" for name in known if found.get(name, known[name]) != known[name]
    ]


def main() -> int:
    """Write the outcomes; 1 where the grammar needs a higher number."""
    different = changed()
    if different:
        print("these outcomes changed: raise GRAMMAR in medreward/rewards/document.py", *different, sep="\n")
        return 1
    FOLDER.mkdir(exist_ok=True)
    text = json.dumps(outcomes(), indent=0, sort_keys=True)
    path_of(GRAMMAR).write_text(text + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
