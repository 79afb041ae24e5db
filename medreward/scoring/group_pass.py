"""The first of two passes for rules that compare the completions of a group: small columns of all rows."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pyarrow as pa

from medreward.errors import InputError, UsageError
from medreward.rewards.base import Floats, Gold, Reward, Values
from medreward.rewards.group_rule import GroupRule
from medreward.scoring.settings import InputSettings
from medreward.text.buffer import Ints, Mask
from medreward.text.option_column import text_codes
from medreward.text.reading import Reading

__all__ = ["GroupPass", "GroupValues", "needs_groups"]

GroupValues = Mapping[Reward, Values]
"""What each rule of group scope is worth in some rows."""
_SHOWN = 3


def needs_groups(rules: tuple[GroupRule, ...]) -> UsageError:
    """The error for a reward of group scope that is asked about rows alone."""
    return UsageError(
        "needs_groups",
        "The reward compares the completions of whole groups, and cannot score rows alone",
        got=", ".join(rule.kind for rule in rules),
        do="score a table or files that hold whole groups, with a group_id: Scorer.score, medreward.score, score_files",
    )


class GroupPass:
    """Gathers what group rules need of each row, about 17 bytes a row and input, and then finds their values.

    Args:
        rules: the rules of group scope.
        settings: which columns are group id and step. Rows of one id, and of one step where there are steps, are a
            group; a row without an id belongs to none.
    """

    def __init__(self, rules: tuple[GroupRule, ...], settings: InputSettings) -> None:
        self.rules, self.settings = rules, settings
        self._inputs: dict[GroupRule, list[list[Values]]] = {rule: [] for rule in rules}
        self._keys: dict[tuple[str | None, str | None], int] = {}
        self._groups: list[Ints] = []
        self._found: dict[GroupRule, Values] = {}

    def add(self, batch: pa.RecordBatch, reading: Reading, gold: Gold) -> None:
        """Take the next rows."""
        for rule in self.rules:
            self._inputs[rule].append(rule.inputs(reading, gold))
        self._groups.append(self._numbers(batch))

    def _numbers(self, batch: pa.RecordBatch) -> Ints:
        """The number of each row's group; -1 for none."""
        ids, names = _texts(batch.column(self.settings.column("group_id")))
        step = self.settings.column("step")
        steps, moments = _texts(batch.column(step)) if step in batch.schema.names else (np.zeros_like(ids), [None])
        pairs, inverse = np.unique(ids * (len(moments) + 1) + steps + 1, return_inverse=True)
        table = []
        for pair in pairs.tolist():
            name, moment = pair // (len(moments) + 1), pair % (len(moments) + 1) - 1
            if name < 0:
                table.append(-1)
                continue
            key = (names[name], moments[moment] if moment >= 0 else None)
            table.append(self._keys.setdefault(key, len(self._keys)))
        return np.where(ids >= 0, np.array(table, np.int64)[inverse], -1) if len(ids) else ids

    def finish(self) -> None:
        """Find the values of every rule over all rows.

        Raises:
            InputError: ``split_group``: a group has not as many rows as the rule says.
        """
        if not self._groups:
            none = Values(np.zeros(0), np.zeros(0, np.bool_))
            self._found = dict.fromkeys(self.rules, none)
            return
        groups = np.concatenate(self._groups)
        for rule in self.rules:
            self._check(rule, groups)
            parts = self._inputs.pop(rule)
            inputs = [_joined([part[i] for part in parts]) for i in range(len(parts[0]))]
            known: Mask = groups >= 0
            for values in inputs:
                known = known & values.valid
            data = np.zeros(len(groups))
            _, dense = np.unique(groups[known], return_inverse=True)
            data[known] = rule.over_groups([values.data[known] for values in inputs], dense.astype(np.int64))
            self._found[rule] = Values(data, known)

    def _check(self, rule: GroupRule, groups: Ints) -> None:
        sizes = np.bincount(groups[groups >= 0], minlength=len(self._keys))
        wrong = np.flatnonzero((sizes > 0) & (sizes != rule.group_size))
        if rule.group_size is not None and len(wrong):
            names = [*self._keys]
            shown = ", ".join(f"{names[group][0]!r} has {sizes[group]}" for group in wrong[:_SHOWN])
            raise InputError(
                "split_group",
                f"{len(wrong)} groups have not the number of rows that {rule.kind} says",
                expected=f"{rule.group_size} rows with each {self.settings.column('group_id')}",
                got=shown,
                do="hand over whole groups, or leave group_size out where groups differ in size",
            )

    def values(self, first: int, count: int) -> GroupValues:
        """What every rule is worth in some of the rows, numbered as they were added."""
        rows = slice(first, first + count)
        return {rule: Values(found.data[rows], found.valid[rows]) for rule, found in self._found.items()}


def _texts(cells: pa.Array) -> tuple[Ints, list[str | None]]:
    """Each cell as a number, -1 for null, and the distinct cells as text."""
    if pa.types.is_dictionary(cells.type):
        cells = cells.cast(cells.type.value_type)
    return text_codes(cells if pa.types.is_string(cells.type) else cells.cast(pa.large_string()))


def _joined(parts: list[Values]) -> Values:
    data: Floats = np.concatenate([part.data for part in parts])
    return Values(data, np.concatenate([part.valid for part in parts]))
