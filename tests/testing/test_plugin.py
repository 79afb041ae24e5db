"""The plugins cost nothing until they are used, and fail a test with the counterexample."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.conftest import ROOT

HEAVY = ("hypothesis", "pydantic", "numpy", "pyarrow", "regex", "yaml", "pandas")
ENVIRONMENT = {"PYTHONPATH": f"{ROOT}:{ROOT / 'cli'}", "PATH": "/usr/bin:/bin"}
FILE = """
import pytest

def score(completions, solution, **columns):
    return [float("B" in one[0]["content"]) for one in completions]

@pytest.mark.reward_laws(score, form="trl", examples=20)
def test_marked(): pass

@pytest.mark.reward_laws("mcq", examples=20)
def test_sound(): pass

def test_fixture(reward_laws):
    reward_laws(score, form="trl", examples=20)
"""


def python(*arguments: str, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    """Run Python with the library on its path."""
    return subprocess.run(
        [sys.executable, *arguments], capture_output=True, text=True, check=False, env=ENVIRONMENT, cwd=cwd
    )


def test_loading_the_pytest_plugin_imports_nothing_heavy() -> None:
    code = f"import sys, medreward.testing.plugin\nprint([name for name in {HEAVY!r} if name in sys.modules])"
    assert python("-c", code).stdout == "[]\n"


def test_registering_strategies_imports_nothing_of_the_library() -> None:
    code = (
        "import sys, hypothesis\n"
        "from medreward.testing.registration import register\n"
        "register()\n"
        "print([name for name in ('pydantic', 'numpy', 'pyarrow', 'medreward.text') if name in sys.modules])"
    )
    assert python("-c", code).stdout == "[]\n"


def test_types_are_registered_when_their_module_is_imported() -> None:
    code = (
        "from hypothesis import strategies as st, find\n"
        "from medreward.testing.registration import register\n"
        "register()\n"
        "from medreward import OptionSet, Reward\n"
        "print(find(st.from_type(OptionSet), lambda one: True).labels, isinstance(st.from_type(Reward), object))"
    )
    assert python("-c", code).stdout == "('A', 'B') True\n"


def test_marker_and_fixture_fail_with_the_smallest_counterexample(tmp_path: Path) -> None:
    (tmp_path / "test_it.py").write_text(FILE, encoding="utf-8")
    run = python("-m", "pytest", "-p", "medreward.testing.plugin", "-p", "no:cacheprovider", "-q", cwd=tmp_path)
    assert "2 failed, 1 passed" in run.stdout, run.stdout + run.stderr
    assert "LawBrokenError" in run.stdout
    assert run.stdout.count("wrong_never_beats_right") == 2  # the smallest: B pays whatever is right
    assert "gold A of A,B,C,D: '<think>so</think><answer>B</answer>'" in run.stdout


def test_the_entry_points_name_what_is_there() -> None:
    import tomllib

    from medreward.testing import plugin, registration

    points = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["entry-points"]
    assert points["pytest11"] == {plugin.__name__: plugin.__name__}
    assert points["hypothesis"] == {"medreward": f"{registration.__name__}:register"}
    assert callable(registration.register)
