"""``python -m medreward.train`` prints a run's file with every setting, its default and its meaning."""

from __future__ import annotations

from medreward.train.template import config_template

print(config_template(), end="")  # noqa: T201 - what this module is for
