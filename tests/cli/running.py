"""Running the command in another process, for what cannot be seen from inside."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

__all__ = ["COMMAND", "ENVIRONMENT", "run"]

COMMAND = [sys.executable, "-m", "medreward_cli"]
ENVIRONMENT = {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}


def run(*arguments: str | Path, **options: Any) -> subprocess.CompletedProcess[str]:
    """Run ``medreward`` and wait for it."""
    return subprocess.run(
        [*COMMAND, *map(str, arguments)],
        capture_output=True,
        text=True,
        env=ENVIRONMENT,
        check=False,
        timeout=60,
        **options,
    )
