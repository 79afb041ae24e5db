"""What is shipped: a wheel with two packages that works where nothing else is."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.conftest import ROOT

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from the checkout without fetching a build tool."""
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder), str(ROOT)]
    subprocess.run(build, check=True, capture_output=True)
    return next(folder.glob("*.whl"))


def test_the_wheel_holds_the_two_packages_and_nothing_else(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    assert {name.split("/")[0] for name in names if ".dist-info/" not in name} == {"medreward", "medreward_cli"}
    assert {"medreward/py.typed", "medreward_cli/py.typed"} <= {*names}


def test_the_wheel_runs_and_scores_in_a_clean_environment(wheel: Path, tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-m", "venv", tmp_path / "venv"], check=True)
    binary = tmp_path / "venv" / "bin"
    pip = [binary / "python", "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*map(str, pip), str(wheel)], check=True)

    def medreward(*words: str) -> str:
        return subprocess.run(
            [binary / "medreward", *words], check=True, capture_output=True, text=True, cwd=tmp_path
        ).stdout

    assert "score" in medreward("--help")
    assert "rows" in medreward("demo")
    made = tmp_path / "medreward-demo" / "rollouts.parquet"
    assert "rows" in medreward("score", str(made), "-o", "scored.parquet")
    assert (tmp_path / "scored.parquet").stat().st_size > 0
