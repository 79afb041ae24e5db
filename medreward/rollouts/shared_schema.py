"""One schema for all shards of a folder, so that whoever reads the folder finds every column in every shard."""

from __future__ import annotations

from collections.abc import Iterable

import pyarrow as pa

__all__ = ["SharedSchema"]


class SharedSchema:
    """The columns of all shards together: types widened, columns that a shard lacks null there.

    A column whose types have nothing in common keeps its type in each shard, and is said in ``notes``.

    Args:
        schemas: the columns of each shard, of distinct names.
    """

    def __init__(self, schemas: Iterable[pa.Schema]) -> None:
        kinds: dict[str, list[pa.DataType]] = {}
        for schema in schemas:
            for field in schema:
                seen = kinds.setdefault(field.name, [])
                if field.type not in seen:
                    seen.append(field.type)
        self._types = {name: _wide(found) for name, found in kinds.items()}
        self.notes = [
            f"column {name!r} is {' in one file, '.join(map(str, kinds[name]))} in another, and stays so"
            for name, kind in self._types.items()
            if kind is None
        ]

    def fields(self, own: pa.Schema) -> list[pa.Field]:
        """The fields that a shard is written with."""
        found = []
        for name, kind in self._types.items():
            if kind is not None:
                found.append(pa.field(name, kind))
            elif name in own.names:
                found.append(own.field(name))
        return found

    def columns(self, batch: pa.RecordBatch) -> list[pa.Array]:
        """A batch's columns as :meth:`fields` says."""
        return [
            batch.column(field.name).cast(field.type)
            if field.name in batch.schema.names
            else pa.nulls(batch.num_rows, field.type)
            for field in self.fields(batch.schema)
        ]


def _wide(kinds: list[pa.DataType]) -> pa.DataType | None:
    """The type that takes every cell of all these types; None where there is none."""
    if len(kinds) == 1:
        return kinds[0]
    try:
        fields = [pa.schema([pa.field("x", kind)]) for kind in kinds]
        wide = pa.unify_schemas(fields, promote_options="permissive").field("x").type
        for kind in kinds:
            pa.nulls(1, kind).cast(wide)
    except pa.ArrowException:
        return None
    return wide
