"""Scores: the result of scoring a table."""

from __future__ import annotations

import html
from collections.abc import Callable
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pyarrow as pa

from medreward.errors import MissingExtraError
from medreward.rewards.base import Floats
from medreward.rewards.document import Document
from medreward.scoring.groups import GroupLens
from medreward.scoring.inputs import MAX_ROWS, slices
from medreward.scoring.provenance import Earlier, provenance
from medreward.scoring.settings import InputSettings
from medreward.scoring.summary import Summary

if TYPE_CHECKING:
    import pandas as pd

    from medreward.scoring.outcomes import Outcomes
    from medreward.scoring.scorer import Scorer
    from medreward.scoring.slices import Slice

__all__ = ["Scores"]

_RUN_COLUMNS = ("group_id", "step")


class Scores:
    """The scores of a table, in the order of its rows.

    Args:
        table: the score columns.
        data: the table that was scored.
        document: the reward.
        settings: how the input was read.
        prefix: what the names of the score columns begin with.
        complete: makes all score columns, where ``table`` holds only the rewards.
    """

    def __init__(
        self,
        table: pa.Table,
        data: pa.Table,
        document: Document,
        settings: InputSettings,
        prefix: str = "",
        complete: Callable[[], pa.Table] | None = None,
    ) -> None:
        self._rewards = table
        self._complete = complete
        self.data = data
        self.document = document
        self.settings = settings
        self.prefix = prefix

    @cached_property
    def table(self) -> pa.Table:
        """The score columns."""
        return self._rewards if self._complete is None else self._complete()

    def __len__(self) -> int:
        return int(self._rewards.num_rows)

    def __reduce__(self) -> tuple[Any, ...]:
        return Scores, (self.table, self.data, self.document, self.settings, self.prefix)

    @property
    def rewards(self) -> Floats:
        """The total of every row, ``float64``, shape ``(n,)``; NaN where it is null."""
        return self.column("reward")

    def column(self, name: str) -> Floats:
        """A reward column as numbers, ``float64``, shape ``(n,)``; NaN where it is null."""
        known = self._rewards if self.prefix + name in self._rewards.schema.names else self.table
        chunks = [chunk.to_numpy(zero_copy_only=False) for chunk in known[self.prefix + name].chunks]
        return np.concatenate(chunks) if chunks else np.zeros(0)

    def to_arrow(self, columns: Literal["all", "scores"] = "all") -> pa.Table:
        """The scores as an Arrow table.

        Args:
            columns: ``all``: the input's columns, then the scores. ``scores``: ``row``, ``group_id`` and ``step`` where
                the input has them, then the scores.

        Raises:
            InputError: ``column_taken``: the input has foreign columns of the scores' names.
        """
        names, earlier = self.table.schema.names, Earlier(self.data.schema.metadata or {})
        if columns == "all":
            earlier.check_free(self.data.schema, names, self.prefix)
            replaced = {*earlier.replaced(self.prefix)}
            fields = [
                (field.name, self.data.column(i))
                for i, field in enumerate(self.data.schema)
                if field.name not in replaced
            ]
        else:
            earlier = Earlier({})
            row = np.arange(len(self))
            fields = [
                ("row", pa.chunked_array([pa.Array.from_buffers(pa.int64(), len(row), [None, pa.py_buffer(row)])]))
            ]
            beside = ((name, self.settings.column(name)) for name in _RUN_COLUMNS)
            fields += [(name, self.data[own]) for name, own in beside if self.data.schema.names.count(own) == 1]
        fields += zip(names, self.table.columns, strict=True)
        table = pa.Table.from_arrays([column for _, column in fields], names=[name for name, _ in fields])
        known = provenance(
            self.document,
            self.settings,
            names,
            prefix=self.prefix,
            rows=len(self),
            earlier=earlier,
            others=(self.data.schema.metadata or {}) if columns == "all" else {},
        )
        return table.replace_schema_metadata(known)

    def to_pandas(self, columns: Literal["all", "scores"] = "all") -> pd.DataFrame:
        """The scores as a pandas frame; columns as in :meth:`to_arrow`.

        Raises:
            MissingExtraError: pandas is not installed.
        """
        try:
            import pandas as pd  # noqa: F401 - pyarrow makes the frame
        except ImportError as error:
            raise MissingExtraError(
                "missing_extra", "pandas is not installed", do="pip install 'medreward[pandas]'"
            ) from error
        frame: pd.DataFrame = self.to_arrow(columns).to_pandas()
        return frame

    def __arrow_c_stream__(self, requested_schema: Any = None) -> Any:
        """The Arrow PyCapsule interface: all columns."""
        return self.to_arrow().__arrow_c_stream__(requested_schema)

    @cached_property
    def summary(self) -> Summary:
        """Counts and means, and alarms where they are implausible."""
        found = Summary.of(self.table, self.prefix)
        if self.data.num_rows:
            first = self.data.slice(0, MAX_ROWS).combine_chunks().to_batches()[0]
            found.golds = self._scorer().sample_golds(first)
        return found

    def by(self, column: str) -> list[Slice]:
        """The same means for each value of a column, with an interval for the accuracy and baselines beside it.

        Args:
            column: a column of the input, by its own name.

        Raises:
            InputError: ``missing_column``, ``too_many_slices``, ``column_type``.
        """
        from medreward.scoring.slices import slices_of

        return slices_of(self._outcomes(column).table(), column)

    def groups(self) -> GroupLens:
        """What these rewards give a trainer that compares the completions of a group."""
        return GroupLens.of(self._outcomes().table())

    def _outcomes(self, *by: str) -> Outcomes:
        """The small columns that are compared between rows."""
        from medreward.scoring.outcomes import Outcomes  # which stands on the scorer, as this file must not

        scorer = self._scorer()
        found, row = Outcomes(scorer, by, without_partial=not by), 0
        found.input_columns(self.data.schema)
        for batch in self.data.to_batches():
            for at, part in slices(batch, self.settings.column("completion")):
                found.add(part, self.table.slice(row + at, part.num_rows), row + at)
            row += batch.num_rows
        return found

    def _scorer(self) -> Scorer:
        from medreward.scoring.scorer import Scorer  # which makes these

        return Scorer(self.document, settings=self.settings, prefix=self.prefix)

    def __repr__(self) -> str:
        name = self.document.source[:40]
        return f"<Scores of {len(self):,} rows by {name}>\n{self.summary}"

    def _repr_html_(self) -> str:
        left = " style='text-align:left'"
        rows = "".join(
            f"<tr><th{left}>{html.escape(head)}</th><td{left}>{html.escape(text)}</td></tr>"
            for head, text in self.summary.lines()
            if text
        )
        name = html.escape(self.document.source[:40])
        return f"<table><caption>Scores of {len(self):,} rows by {name}</caption>{rows}</table>"
