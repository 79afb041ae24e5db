"""Settings for every test, and the real data where there is some."""

from __future__ import annotations

import importlib.util
import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

settings.register_profile("default", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("ci", parent=settings.get_profile("default"), derandomize=True, print_blob=True)
settings.load_profile("ci" if os.environ.get("CI") else "default")

ROOT = Path(__file__).parents[1]


def real_data_folder() -> Path | None:
    """Where rollouts written by real models are: MEDREWARD_REAL_DATA, else beside the checkout, else nowhere."""
    named = os.environ.get("MEDREWARD_REAL_DATA")
    folder = Path(named) if named else ROOT.parent / "shared" / "data"
    return folder if folder.is_dir() else None


@pytest.fixture
def real_data() -> Path:
    """The folder of real model outputs; the test is skipped where there is none."""
    folder = real_data_folder()
    if folder is None:
        pytest.skip("no real model outputs: set MEDREWARD_REAL_DATA to a folder that holds them")
    return folder


HAS_TRAINING = all(importlib.util.find_spec(name) for name in ("torch", "transformers", "PIL"))
"""Whether the extra ``train`` is installed."""


class _WithoutTraining:
    """Leaves the docstrings of the trainer, and of what measures it, alone where they could not be imported."""

    def pytest_ignore_collect(self, collection_path: Path) -> bool | None:
        trainer = (ROOT / "medreward" / "train") in (collection_path, *collection_path.parents)
        measures = collection_path.parent == ROOT / "tests" / "gpu" and not collection_path.name.startswith("test_")
        return True if trainer or measures else None


def pytest_configure(config: pytest.Config) -> None:
    """Look whether the trainer can be imported."""
    if not HAS_TRAINING:
        config.pluginmanager.register(_WithoutTraining())


def pytest_addoption(parser: pytest.Parser) -> None:
    """The flag that runs what builds and installs."""
    parser.addoption("--run-slow", action="store_true", help="run the tests that build and install things too")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave slow tests out unless they are asked for."""
    if not config.getoption("--run-slow"):
        for item in items:
            if "slow" in item.keywords:
                item.add_marker(pytest.mark.skip(reason="slow: run with --run-slow"))


def pytest_report_header() -> str:
    """Say whether the tests on real model outputs run."""
    folder = real_data_folder()
    training = "its tests run" if HAS_TRAINING else "the extra train is not installed, its tests are skipped"
    return f"real model outputs: {folder or 'none, those tests are skipped'}; training: {training}"
