"""Python cells as Arrow columns: types are found by looking at the cells, and one builder serves every type.

Cells are what JSON can say: None, bool, int, float, str, lists and objects. ``pa.array`` is not used: it gives up where
types drift between rows, raises on lone surrogates, and imports pandas where that is installed.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa

from medreward.text.unwrap import string_array

__all__ = ["Shape", "array_of", "as_bytes", "python_cells"]

_MAX_FIELDS = 256
"""Objects with more different keys than this are kept as JSON text."""


def _kind(cell: object) -> str:
    if cell is None or (isinstance(cell, float) and math.isnan(cell)):
        return ""  # NaN is how many writers say null; in a column of floats it stays NaN
    if isinstance(cell, bool):
        return "bool"
    if isinstance(cell, int):
        return "int" if -(2**63) <= cell < 2**63 else "huge"
    return {float: "float", str: "text", list: "list", tuple: "list", dict: "object"}.get(type(cell), "other")


@dataclass
class Shape:
    """What the cells of a column look like.

    Attributes:
        kinds: the kinds of JSON values seen, nulls left out.
        item: what the items of its lists look like.
        fields: what each key of its objects holds, in the order first seen.
        varying: whether its objects differ in their keys or the keys' order.
    """

    kinds: set[str] = field(default_factory=set)
    item: Shape | None = None
    fields: dict[str, Shape] = field(default_factory=dict)
    varying: bool = False

    @classmethod
    def of(cls, cells: Iterable[object]) -> Shape:
        """The shape of all cells together."""
        shape = cls()
        for cell in cells:
            shape.see(cell)
        return shape

    def see(self, cell: Any) -> None:
        """Take one more cell into account."""
        kind = _kind(cell)
        if kind:
            self.kinds.add(kind)
        if kind == "list":
            self.item = self.item or Shape()
            for item in cell:
                self.item.see(item)
        elif kind == "object":
            self._see_object(cell)

    def _see_object(self, cell: dict[str, Any]) -> None:
        self.varying |= "object" in self.kinds and bool(self.fields) and list(cell) != list(self.fields)
        for key, value in cell.items():
            if len(self.fields) <= _MAX_FIELDS:
                self.fields.setdefault(key, Shape()).see(value)

    @property
    def is_message(self) -> bool:
        """Whether these are chat messages."""
        if self.kinds != {"object"} or not {"role", "content"} <= self.fields.keys():
            return False
        return self.fields["role"].kinds <= {"text"} and self.fields["content"].kinds <= {"text", "list"}

    @property
    def is_block(self) -> bool:
        """Whether these are content blocks of a chat message, such as ``{"type": "text", "text": …}``."""
        return self.kinds == {"object"} and "type" in self.fields and self.fields["type"].kinds <= {"text"}

    def arrow(self, *, top: bool = True) -> pa.DataType:
        """The Arrow type that holds every cell; JSON text where the cells have no type in common.

        Args:
            top: whether the cells stand in a column, where objects of texts with varying keys are maps (options).
        """
        if self.kinds == {"text", "list"} and self.item is not None and (self.item.is_message or self.item.is_block):
            self.item.see(_lifted_text("", is_message=self.item.is_message, role=""))
            return pa.list_(self.item.arrow(top=False))
        if self.kinds == {"list"} and self.item is not None:
            return pa.list_(self.item.arrow(top=False))
        if self.kinds == {"object"} and 0 < len(self.fields) <= _MAX_FIELDS:
            return self._object_type(top=top)
        return _PLAIN.get(frozenset(self.kinds), pa.large_string)()

    def _object_type(self, *, top: bool) -> pa.DataType:
        if top and self.varying and all(shape.kinds <= {"text"} for shape in self.fields.values()):
            return pa.map_(pa.large_string(), pa.large_string())
        return pa.struct([pa.field(key, shape.arrow(top=False)) for key, shape in self.fields.items()])


_PLAIN: dict[frozenset[str], Callable[[], pa.DataType]] = {
    frozenset(): pa.null,
    frozenset({"bool"}): pa.bool_,
    frozenset({"int"}): pa.int64,
    frozenset({"float"}): pa.float64,
    frozenset({"int", "float"}): pa.float64,
}


def array_of(cells: Sequence[Any], kind: pa.DataType, role: str = "assistant") -> pa.Array:
    """The cells as an Arrow array of a type that :meth:`Shape.arrow` gave.

    Args:
        cells: the cells.
        kind: the type.
        role: who speaks where a bare text stands among lists of chat messages.
    """
    return next(build for test, build in _BUILDERS if test(kind))(cells, kind, role)


def _valid(cells: Sequence[Any]) -> pa.Buffer:
    return pa.py_buffer(np.packbits(np.array([cell is not None for cell in cells], np.bool_), bitorder="little"))


def _numbers(dtype: type[np.generic]) -> Callable[[Sequence[Any], pa.DataType, str], pa.Array]:
    def build(cells: Sequence[Any], kind: pa.DataType, _: str) -> pa.Array:
        data = np.array([0 if cell is None else cell for cell in cells], dtype)
        return pa.Array.from_buffers(kind, len(cells), [_valid(cells), pa.py_buffer(data)])

    return build


def _integers(cells: Sequence[Any], kind: pa.DataType, role: str) -> pa.Array:
    return _numbers(np.int64)([None if isinstance(cell, float) else cell for cell in cells], kind, role)


def _booleans(cells: Sequence[Any], kind: pa.DataType, _: str) -> pa.Array:
    plain = [cell if isinstance(cell, bool) else None for cell in cells]
    bits = np.packbits(np.array([cell is True for cell in plain], np.bool_), bitorder="little")
    return pa.Array.from_buffers(kind, len(cells), [_valid(plain), pa.py_buffer(bits)])


def _texts(cells: Sequence[Any], kind: pa.DataType, _: str) -> pa.Array:
    return string_array([_text(cell) for cell in cells]).cast(kind)


def _text(cell: Any) -> str | None:
    """A text as it is, anything else as JSON."""
    if isinstance(cell, str) or not _kind(cell):
        return cell if isinstance(cell, str) else None
    return json.dumps(cell, ensure_ascii=False, default=str)


def _lists(cells: Sequence[Any], kind: pa.DataType, role: str) -> pa.Array:
    rows = [_lifted(cell, kind.value_type, role) if _kind(cell) else None for cell in cells]
    offsets = np.zeros(len(rows) + 1, np.int32)
    np.cumsum([len(row or ()) for row in rows], out=offsets[1:])
    child = array_of([item for row in rows for item in row or ()], kind.value_type, role)
    return pa.Array.from_buffers(kind, len(rows), [_valid(rows), pa.py_buffer(offsets)], children=[child])


def _lifted(cell: Any, item: pa.DataType, role: str) -> Sequence[Any]:
    """A bare text among lists of messages is one message, among lists of content blocks one block."""
    if not isinstance(cell, str):
        rows: Sequence[Any] = cell
        return rows
    return [_lifted_text(cell, is_message=item.get_field_index("role") >= 0, role=role)]


def _lifted_text(text: str, *, is_message: bool, role: str) -> dict[str, str]:
    return {"role": role, "content": text} if is_message else {"type": "text", "text": text}


def _structs(cells: Sequence[Any], kind: pa.DataType, role: str) -> pa.Array:
    rows = [cell if isinstance(cell, dict) else None for cell in cells]
    children = []
    for i in range(kind.num_fields):
        part = kind.field(i)
        children.append(array_of([None if row is None else row.get(part.name) for row in rows], part.type, role))
    return pa.Array.from_buffers(kind, len(rows), [_valid(rows)], children=children)


def _maps(cells: Sequence[Any], kind: pa.DataType, _: str) -> pa.Array:
    rows = [cell if isinstance(cell, dict) else None for cell in cells]
    offsets = np.zeros(len(rows) + 1, np.int32)
    np.cumsum([len(row or ()) for row in rows], out=offsets[1:])
    keys = string_array([key for row in rows for key in row or ()])
    # older Arrow takes keys with a validity bitmap for keys that may be null, and aborts
    keys = pa.Array.from_buffers(keys.type, len(keys), [None, *keys.buffers()[1:]])
    texts = string_array([_text(text) for row in rows for text in (row or {}).values()])
    entries = pa.StructArray.from_arrays([keys, texts], fields=[kind.key_field, kind.item_field])
    return pa.Array.from_buffers(kind, len(rows), [_valid(rows), pa.py_buffer(offsets)], children=[entries])


def _nulls(cells: Sequence[Any], _: pa.DataType, __: str) -> pa.Array:
    return pa.nulls(len(cells))


_BUILDERS: tuple[tuple[Callable[[pa.DataType], bool], Callable[[Sequence[Any], pa.DataType, str], pa.Array]], ...] = (
    (pa.types.is_null, _nulls),
    (pa.types.is_boolean, _booleans),
    (pa.types.is_integer, _integers),
    (pa.types.is_floating, _numbers(np.float64)),
    (pa.types.is_list, _lists),
    (pa.types.is_struct, _structs),
    (pa.types.is_map, _maps),
    (pa.types.is_large_string, _texts),
)


def python_cells(array: pa.Array) -> list[Any]:
    """The cells of an Arrow array as what JSON can say: maps are objects, bytes are text, NaN and infinity are None.

    Bytes that are no UTF-8 become U+FFFD.
    """
    if pa.types.is_dictionary(array.type):
        array = array.dictionary_decode()
    try:
        cells = array.to_pylist(maps_as_pydicts="lossy")
    except UnicodeDecodeError:
        cells = array.cast(as_bytes(array.type)).to_pylist(maps_as_pydicts="lossy")
    return [_plain(cell) for cell in cells]


def _plain(cell: Any) -> Any:
    if isinstance(cell, bytes):
        return cell.decode("utf-8", "replace")
    if isinstance(cell, float):
        return cell if math.isfinite(cell) else None
    if isinstance(cell, list):
        return [_plain(item) for item in cell]
    if isinstance(cell, dict):
        return {str(_plain(key)): _plain(value) for key, value in cell.items()}
    return cell if cell is None or isinstance(cell, str | int) else str(cell)


def as_bytes(kind: pa.DataType) -> pa.DataType:
    """The type with bytes in the place of text, at any depth; a text of bytes that are no UTF-8 is read with it."""
    if pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind):
        return pa.large_binary()
    if pa.types.is_map(kind):
        return pa.map_(as_bytes(kind.key_type), as_bytes(kind.item_type))
    if pa.types.is_struct(kind):
        return pa.struct([pa.field(kind.field(i).name, as_bytes(kind.field(i).type)) for i in range(kind.num_fields)])
    if pa.types.is_list(kind) or pa.types.is_large_list(kind):
        return pa.list_(as_bytes(kind.value_type))
    return kind
