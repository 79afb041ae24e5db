"""Where rewards disagree on the same rollouts, and what that does to a trainer that compares within groups."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice, zip_longest
from typing import Any

import numpy as np
import pyarrow as pa

from medreward.errors import UsageError
from medreward.rewards import ColumnValue, Reward
from medreward.rewards.base import Floats
from medreward.scoring.group_change import GroupChange, group_change
from medreward.scoring.group_pass import GroupValues
from medreward.scoring.inputs import as_batches, slices
from medreward.scoring.outcome_columns import numbers_of
from medreward.scoring.outcomes import together
from medreward.scoring.rows import read_completions
from medreward.scoring.scorer import RewardSource, Scorer
from medreward.scoring.settings import InputSettings
from medreward.text.facts import Column

__all__ = ["Diff", "Differ", "Flip", "GroupChange", "Pair", "diff", "logged_reward", "named_rewards"]

_CELLS = 10_000
"""Pairs of values told apart; rewards with more share the rest as one."""
_ANY = 1e100
"""Bounds for columns about which nothing is known: finite, and so wide that nothing is clipped."""
_KEPT = 3
"""Rows kept as examples of every pair of values, beside the first ones of all."""


@dataclass(frozen=True)
class Flip:
    """A row that two rewards value differently.

    Args:
        row: its number among all rows.
        completion: the text.
        gold: the right label, where there is one.
        values: the two totals.
        components: the two rewards' components, by name.
        flaws: what is wrong with the completion's tags, as the first reward sees it.
    """

    row: int
    completion: str
    gold: str | None
    values: tuple[float, float]
    components: tuple[dict[str, float | None], dict[str, float | None]]
    flaws: tuple[str, ...] = ()


@dataclass(frozen=True)
class Pair:
    """Two rewards on the same rows.

    Args:
        names: what they are called.
        rows: rows both value.
        null_in_one: rows only one values.
        equal: rows they value the same.
        higher: rows the second values more.
        lower: rows the second values less.
        means: the two means over ``rows``.
        outcomes: (first's value, second's value) to rows, most rows first.
        other_outcomes: rows beyond the pairs that are told apart.
        flips: examples of rows they value differently: of each pair of values the first few.
        groups: what changes within groups; None without ``group_id``.
    """

    names: tuple[str, str]
    rows: int
    null_in_one: int
    equal: int
    higher: int
    lower: int
    means: tuple[float | None, float | None]
    outcomes: dict[tuple[float, float], int]
    other_outcomes: int = 0
    flips: tuple[Flip, ...] = ()
    groups: GroupChange | None = None

    def to_dict(self) -> dict[str, Any]:
        """The comparison as plain data."""
        cells = [{"values": [*values], "rows": rows} for values, rows in self.outcomes.items()]
        flips = [{**vars(flip), "components": [*flip.components], "flaws": [*flip.flaws]} for flip in self.flips]
        groups = None if self.groups is None else vars(self.groups)
        return {**vars(self), "names": [*self.names], "outcomes": cells, "flips": flips, "groups": groups}


@dataclass(frozen=True)
class Diff:
    """The first reward against each of the others.

    Args:
        rows: rows read.
        pairs: one comparison for each other reward.
    """

    rows: int
    pairs: tuple[Pair, ...]

    def to_dict(self) -> dict[str, Any]:
        """The comparisons as plain data."""
        return {"rows": self.rows, "pairs": [pair.to_dict() for pair in self.pairs]}


@dataclass
class _Cells:
    """The outcomes of one pair of rewards, counted as batches come."""

    counts: Counter[tuple[float, float]] = field(default_factory=Counter)
    other: int = 0
    kept: int = 0
    flips: dict[tuple[float, float], list[Flip]] = field(default_factory=dict)


def named_rewards(rewards: Mapping[str, RewardSource] | Sequence[RewardSource]) -> dict[str, RewardSource]:
    """The rewards by what they are to be called: names as given, else a preset's name or ``reward 1``.

    Raises:
        UsageError: ``rewards``: fewer than two, or two of one name.
    """
    if isinstance(rewards, Mapping):
        found = dict(rewards)
    else:
        names = [item if isinstance(item, str) else f"reward {i}" for i, item in enumerate(rewards, 1)]
        found = dict(zip(names, rewards, strict=True))
    if len(found) < max(2, len(rewards)):
        raise UsageError("rewards", "Two different rewards or more are compared", got=", ".join(map(str, found)))
    return found


def logged_reward(names: str, known: Collection[str] = ()) -> Reward:
    """A reward to compare with that stands in the file already, such as a run's own.

    Args:
        names: a numeric column, or several joined by ``+``, which are summed: ``accuracy+format``.
        known: columns that there are: where one of them has the whole name, it is that one.

    Returns:
        A reward that is null where a column is.

    Raises:
        UsageError: ``columns``: a name is missing beside a ``+``.
    """
    columns = [names] if names in known else [name.strip() for name in names.split("+")]
    if not all(columns):
        raise UsageError("columns", "Names of columns stand on both sides of a +", expected="A or A+B", got=repr(names))
    parts: list[Reward] = [ColumnValue(column=Column(name=name), low=-_ANY, high=_ANY) for name in columns]
    return parts[0] if len(parts) == 1 else sum(parts[1:], parts[0])


class Differ:
    """Compares rewards batch by batch. Memory: 8 bytes a row for each reward, and the group ids.

    Rewards that compare the completions of a group need a first pass over all rows: :meth:`see`, then :meth:`add`.

    Args:
        rewards: two or more, by name or as a sequence; the first is compared with each other one.
        settings: how the input is read.
        examples: how many rows that flip are kept for each pair of rewards.
    """

    def __init__(
        self,
        rewards: Mapping[str, RewardSource] | Sequence[RewardSource],
        settings: InputSettings | None = None,
        *,
        examples: int = 10,
    ) -> None:
        self.scorers = {name: Scorer(one, settings=settings) for name, one in named_rewards(rewards).items()}
        self.settings = settings or InputSettings()
        self.examples = examples
        self._cells = [_Cells() for _ in range(len(self.scorers) - 1)]
        self._over_groups = {name: scorer.group_pass() for name, scorer in self.scorers.items() if scorer.group_rules}
        self._seen, self._ended = 0, False
        self._parts: list[pa.Table] = []
        self._rows = 0

    def input_columns(self, schema: pa.Schema) -> list[str]:
        """The columns that must be read, by their own names.

        Raises:
            InputError: ``missing_column``.
        """
        names = [name for scorer in self.scorers.values() for name in scorer.input_columns(schema)]
        keys = [self.settings.column(name) for name in ("gold", "group_id", "step")]
        return list(dict.fromkeys([*names, *(name for name in keys if name in schema.names)]))

    @property
    def compares_groups(self) -> bool:
        """Whether some reward needs a first pass over all rows."""
        return bool(self._over_groups)

    def see(self, batch: pa.RecordBatch) -> None:
        """Let the first pass see a batch."""
        for name, found in self._over_groups.items():
            self.scorers[name].see_batch(found, batch, self._seen)
        self._seen += batch.num_rows

    def seen_all(self) -> None:
        """End the first pass."""
        for found in self._over_groups.values():
            found.finish()
        self._ended = True

    def add(self, batch: pa.RecordBatch) -> None:
        """Score a batch with every reward and count what they say.

        Raises:
            UsageError: ``needs_groups``: a reward compares whole groups, and the first pass is not over.
        """
        scored = [
            scorer.score_batch(batch, self._rows, self._of_groups(name, batch)) for name, scorer in self.scorers.items()
        ]
        values = [numbers_of(pa.chunked_array([scores["reward"]])) for scores in scored]
        for cells, scores, other in zip(self._cells, scored[1:], values[1:], strict=True):
            self._count(cells, batch, (scored[0], scores), (values[0], other))
        names, columns = [f"reward {i}" for i in range(len(scored))], [scores["reward"] for scores in scored]
        for key in ("group_id", "step"):
            own = self.settings.column(key)
            if batch.schema.names.count(own) == 1:
                names.append(key)
                columns.append(batch[own])
        self._parts.append(pa.Table.from_arrays(columns, names=names))
        self._rows += batch.num_rows

    def _of_groups(self, name: str, batch: pa.RecordBatch) -> GroupValues | None:
        found = self._over_groups.get(name)
        return found.values(self._rows, batch.num_rows) if found is not None and self._ended else None

    def _count(
        self,
        cells: _Cells,
        batch: pa.RecordBatch,
        scored: tuple[pa.RecordBatch, pa.RecordBatch],
        values: tuple[Floats, Floats],
    ) -> None:
        both = np.flatnonzero(~np.isnan(values[0]) & ~np.isnan(values[1]))
        if not len(both):
            return
        pairs, inverse, counts = np.unique(
            np.stack([values[0][both], values[1][both]], axis=1) + 0.0, axis=0, return_inverse=True, return_counts=True
        )
        order = np.argsort(inverse.reshape(-1), kind="stable")
        begin = np.cumsum(counts) - counts
        for (a, b), count, at in zip(pairs.tolist(), counts.tolist(), begin.tolist(), strict=True):
            if (a, b) not in cells.counts and len(cells.counts) >= _CELLS:
                cells.other += count
                continue
            cells.counts[a, b] += count
            if a == b:
                continue
            kept = cells.flips.setdefault((a, b), [])
            wanted = max(_KEPT - len(kept), self.examples - cells.kept, 0)
            for i in both[order[at : at + min(count, wanted)]].tolist():
                kept.append(self._flip(batch, scored, i, (a, b)))
                cells.kept += 1

    def _flip(
        self, batch: pa.RecordBatch, scored: tuple[pa.RecordBatch, pa.RecordBatch], i: int, values: tuple[float, float]
    ) -> Flip:
        scorer = next(iter(self.scorers.values()))
        row = batch.slice(i, 1)
        text = read_completions(row[self.settings.column("completion")], self.settings)
        completion = text.cast(pa.large_binary())[0].as_py().decode("utf-8", "replace")
        labels, _ = scorer.gold_labels(row, self._rows + i)
        first, second = ({n: one[n][i].as_py() for n in _parts(one)} for one in scored)
        flaws = tuple(scored[0]["flaws"][i].as_py() or ())
        return Flip(self._rows + i, completion, labels[0].as_py(), values, (first, second), flaws)

    def result(self) -> Diff:
        """The comparisons over all batches so far."""
        none = pa.table({f"reward {i}": pa.array([], pa.float64()) for i in range(len(self.scorers))})
        table = together(self._parts) if self._parts else none
        return Diff(self._rows, tuple(self._pair(i, table) for i in range(1, len(self.scorers))))

    def _pair(self, i: int, table: pa.Table) -> Pair:
        a, b, cells = numbers_of(table["reward 0"]), numbers_of(table[f"reward {i}"]), self._cells[i - 1]
        both = ~np.isnan(a) & ~np.isnan(b)
        names = [*self.scorers]
        return Pair(
            (names[0], names[i]),
            rows=int(both.sum()),
            null_in_one=int((np.isnan(a) != np.isnan(b)).sum()),
            equal=int((a[both] == b[both]).sum()),
            higher=int((b[both] > a[both]).sum()),
            lower=int((b[both] < a[both]).sum()),
            means=(float(a[both].mean()), float(b[both].mean())) if both.any() else (None, None),
            outcomes=dict(sorted(cells.counts.items(), key=lambda item: (-item[1], item[0]))),
            other_outcomes=cells.other,
            flips=tuple(_round_robin(cells, self.examples)),
            groups=group_change(a, b, both, table) if "group_id" in table.schema.names else None,
        )


def _parts(scores: pa.RecordBatch) -> list[str]:
    return [name for name in scores.schema.names if name.startswith("reward_")]


def _round_robin(cells: _Cells, most: int) -> Iterator[Flip]:
    """One example of each pair of values, then a second of each, the commonest pair first."""
    ranked = sorted(cells.flips, key=lambda pair: (-cells.counts[pair], pair))
    turns = zip_longest(*(cells.flips[pair] for pair in ranked))
    return islice((flip for turn in turns for flip in turn if flip is not None), most)


def diff(
    data: Any,
    rewards: Mapping[str, RewardSource] | Sequence[RewardSource],
    *,
    settings: InputSettings | None = None,
    examples: int = 10,
) -> Diff:
    """Compare rewards on data in memory.

    Args:
        data: as :meth:`medreward.Scorer.score` takes it.
        rewards: two or more, by name or as a sequence; the first is compared with each other one.
        settings: how the input is read.
        examples: how many rows that flip are kept for each pair of rewards.

    Returns:
        One comparison for each reward after the first.

    Raises:
        DocumentError: a reward is wrong or unknown.
        InputError: the data, a column or a gold is wrong.
        UsageError: fewer than two rewards.
    """
    differ = Differ(rewards, settings, examples=examples)
    schema, batches = as_batches(data)
    differ.input_columns(schema)
    parts = [part for batch in batches for _, part in slices(batch, differ.settings.column("completion"))]
    if differ.compares_groups:
        for part in parts:
            differ.see(part)
        differ.seen_all()
    for part in parts:
        differ.add(part)
    return differ.result()
