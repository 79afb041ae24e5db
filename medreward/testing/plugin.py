"""The pytest plugin: ``@pytest.mark.reward_laws`` and the fixture ``reward_laws``. It costs nothing until it is used.

Example:
    A test that fails with the smallest counterexample of each law that a reward function breaks::

        @pytest.mark.reward_laws(my_reward, form="trl")
        def test_my_reward_keeps_the_laws(): ...


        def test_another(reward_laws):
            reward_laws("mcq", examples=100)
"""

from __future__ import annotations

from collections.abc import Callable

import pytest

__all__ = ["pytest_configure", "pytest_runtest_call", "reward_laws"]


def pytest_configure(config: pytest.Config) -> None:
    """Make the marker known."""
    config.addinivalue_line(
        "markers", "reward_laws(reward, **how): check that a reward keeps every law (medreward.testing.check_all_laws)"
    )


def pytest_runtest_call(item: pytest.Item) -> None:
    """Check the rewards a test is marked with, before its own body runs."""
    for mark in item.iter_markers("reward_laws"):
        _check(*mark.args, **mark.kwargs)


@pytest.fixture
def reward_laws() -> Callable[..., None]:
    """``medreward.testing.check_all_laws``."""
    return _check


def _check(*args: object, **how: object) -> None:
    from medreward.testing.checking import check_all_laws  # the library is imported by tests that ask for it

    check_all_laws(*args, **how)  # type: ignore[arg-type]
