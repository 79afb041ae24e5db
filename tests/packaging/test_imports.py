"""Start-up stays light, and asking for the version costs almost nothing."""

from __future__ import annotations

import statistics
import subprocess
import sys
import time

import pytest

HEAVY = (
    "numpy",
    "pyarrow",
    "pandas",
    "torch",
    "pydantic",
    "regex",
    "yaml",
    "click",
    "rich",
    "hypothesis",
    "transformers",
)


def loaded(code: str) -> set[str]:
    """The heavy packages that a fresh process has loaded after running some code."""
    script = f"import sys\n{code}\nprint(*(name for name in {HEAVY!r} if name in sys.modules))"
    return {*subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout.split()}


def test_importing_the_package_loads_nothing_heavy() -> None:
    assert loaded("import medreward") == set()


def test_reading_a_choice_loads_no_columns() -> None:
    assert loaded("import medreward.errors") == set()


def test_a_misspelt_name_is_an_error_to_python_and_to_type_checkers() -> None:
    """Each ignore is one that mypy needs: it warns of those that it does not, as where a name would be any object."""
    with pytest.raises(ImportError):
        from medreward import Scoerr  # type: ignore[attr-defined]  # noqa: F401 - not there
    with pytest.raises(ImportError):
        from medreward.testing import chek  # type: ignore[attr-defined]  # noqa: F401 - not there
    with pytest.raises(ImportError):
        from medreward.train import tran  # type: ignore[attr-defined]  # noqa: F401 - not there


@pytest.mark.parametrize("flag", ["--version", "--help"])
def test_the_command_answers_without_the_library(flag: str) -> None:
    code = f"import runpy, contextlib, io\nsys.argv = ['medreward', {flag!r}]\n"
    code += "with contextlib.redirect_stdout(io.StringIO()), contextlib.suppress(SystemExit):\n"
    code += "    runpy.run_module('medreward_cli', run_name='__main__')"
    assert loaded(code) <= {"click"}


def test_scoring_a_mapping_of_lists_loads_no_pandas() -> None:
    code = (
        "import medreward\nmedreward.Scorer().score({'completion': ['<answer>B</answer>'], 'gold': ['B']}).to_arrow()"
    )
    assert "pandas" not in loaded(code)


def seconds(*command: str) -> float:
    """The median time of five runs of a command."""
    times = []
    for _ in range(5):
        start = time.perf_counter()
        subprocess.run([sys.executable, *command], capture_output=True, check=True)
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def test_the_version_comes_within_twice_an_empty_process_and_a_tenth_of_a_second() -> None:
    for attempt in range(3):  # the machine may be busy: one quiet moment is enough
        if seconds("-m", "medreward_cli", "--version") <= 2 * seconds("-c", "pass") + 0.1:
            return
        time.sleep(attempt)
    pytest.fail("`medreward --version` was too slow three times over")
