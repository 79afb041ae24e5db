"""The text inside the first answer tag of a short text, as golds are often written."""

from __future__ import annotations

import codecs
from collections.abc import Sequence

import numpy as np
import pyarrow as pa

from medreward.text.facts import Body
from medreward.text.reading import Reading
from medreward.text.rows import Rows
from medreward.text.tags import TagSet

__all__ = ["inside_answer", "string_array"]


def _no_character(error: UnicodeError) -> tuple[bytes, int]:
    """One byte that is no UTF-8 for each lone surrogate: it is flagged, and read as U+FFFD."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    return b"\xff" * (error.end - error.start), error.end


codecs.register_error("medreward.no_character", _no_character)


def string_array(texts: Sequence[str | None]) -> pa.Array:
    """An Arrow large_string array from Python strings, lone surrogates as bytes that are no UTF-8.

    (``pa.array`` raises on lone surrogates, and imports pandas where it is installed.)
    """
    bitmap = None
    if None in texts:
        valid = np.array([text is not None for text in texts], np.bool_)
        bitmap = pa.py_buffer(np.packbits(valid, bitorder="little"))
    try:
        raw = [b"" if text is None else text.encode() for text in texts]
    except UnicodeEncodeError:
        raw = [b"" if text is None else text.encode("utf-8", "medreward.no_character") for text in texts]
    offsets = np.zeros(len(raw) + 1, np.int64)
    np.cumsum([*map(len, raw)], out=offsets[1:])
    return pa.Array.from_buffers(
        pa.large_string(), len(raw), [bitmap, pa.py_buffer(offsets), pa.py_buffer(b"".join(raw))]
    )


def inside_answer(texts: list[str], tags: TagSet | None = None) -> list[str]:
    """Each text's first answer span (any case), or the whole text where it has none.

    Args:
        texts: short texts.
        tags: what the answer's tag is called; ``<answer>`` is looked for as well.
    """
    for name in dict.fromkeys([tags.answer if tags is not None else "answer", "answer"]):
        texts = _inside(texts, TagSet(think=None, answer=name))
    return texts


def _inside(texts: list[str], tags: TagSet) -> list[str]:
    tagged = [i for i, text in enumerate(texts) if "<" in text]
    if not tagged:
        return texts
    rows = Rows.of(string_array([texts[i] for i in tagged]))
    bodies = Reading(rows, tags)[Body(pick="first_span", case="folded")]
    inside = {tagged[row]: text for row, text in zip(bodies.row.tolist(), bodies.spans.to_bytes(), strict=True)}
    return [inside[i].decode("utf-8", "replace") if i in inside else text for i, text in enumerate(texts)]
