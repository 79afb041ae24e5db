"""Plain files: canonical columns, or columns that ``--map`` gives canonical names."""

from __future__ import annotations

from medreward.rollouts.formats.base import Format

__all__ = ["PLAIN"]

PLAIN = Format(
    name="plain",
    title="columns as they are, renamed with --map",
    recognises=lambda schema: True,  # noqa: ARG005 - every file is at least plain
)
