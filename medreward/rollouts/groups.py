"""Group ids where a file has none: rows of one prompt, in one file and one step, are a group."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from medreward.errors import InputError
from medreward.rollouts.files.base import Rollouts
from medreward.scoring.cells import python_cells
from medreward.scoring.inputs import plain_strings
from medreward.scoring.settings import InputSettings
from medreward.text.option_column import text_codes
from medreward.text.unwrap import string_array

__all__ = ["DerivedGroups"]

_IMAGES = ("<image>", "<|image_pad|>", "<|vision_start|>", "<image_soft_token>", "<|image|>", "[IMG]", '"type":"image')
"""What stands in a prompt in place of an image."""


class DerivedGroups(Rollouts):
    """Rows with a ``group_id`` that is derived: sha256 of the canonical prompt, the step, and the file's name.

    Equal prompts about different images count as one group, since the images are not in the file; a group that is
    larger than the usual one and has an image in its prompt is said in ``notes``.

    Args:
        rollouts: rows without group ids.
        settings: which columns are prompt, step and group id.
        scope: the file's name in its folder.

    Raises:
        InputError: ``no_prompt``.
    """

    def __init__(self, rollouts: Rollouts, settings: InputSettings, scope: str) -> None:
        self._inner, self._scope = rollouts, scope
        self._prompt, self._step = settings.column("prompt"), settings.column("step")
        self._id = settings.column("group_id")
        if rollouts.schema.names.count(self._prompt) != 1:
            raise InputError(
                "no_prompt",
                "Groups are derived from prompts, and there is no one column of prompts",
                where=rollouts.name,
            )
        schema = rollouts.schema.append(pa.field(self._id, pa.string()))
        super().__init__(rollouts.name, rollouts.rows, schema, rollouts.metadata)
        self.notes = [f"{self._id} is derived: sha256 of prompt, step and file name"]
        self._sizes: Counter[str] = Counter()
        self._pictured: set[str] = set()

    def batches(self, columns: Sequence[str] | None = None) -> Iterator[pa.RecordBatch]:
        """As :meth:`Rollouts.batches`; prompts are read only where the group id is asked for."""
        if columns is not None and self._id not in columns:
            yield from self._inner.batches(columns)
            return
        self._sizes.clear()
        beside = [name for name in (self._prompt, self._step) if name in self._inner.schema.names]
        wanted = None if columns is None else [name for name in columns if name != self._id]
        read = None if wanted is None else list(dict.fromkeys([*wanted, *beside]))
        for batch in self._inner.batches(read):
            ids = self._ids(batch)
            kept = batch if wanted is None else batch.select(wanted)
            yield (
                kept.append_column(pa.field(self._id, pa.string()), ids)
                if columns is None
                else _arranged(kept, self._id, ids, columns)
            )
        self._warn()

    def close(self) -> None:
        """Let the input go."""
        self._inner.close()

    def _ids(self, batch: pa.RecordBatch) -> pa.Array:
        """Each row's group id; rows without a prompt have none."""
        codes, prompts = _distinct(batch.column(self._prompt))
        steps = [None] * len(batch)
        if self._step in batch.schema.names:
            steps = [_hashable(step) for step in python_cells(batch.column(self._step))]
        known: dict[tuple[int, Any], str] = {}
        ids: list[str | None] = []
        for code, step in zip(codes.tolist(), steps, strict=True):
            if code >= 0 and (code, step) not in known:
                known[code, step] = self._id_of(prompts[code], step)
            ids.append(known[code, step] if code >= 0 else None)
        self._sizes.update(group for group in ids if group is not None)
        return string_array(ids).cast(pa.string())

    def _id_of(self, prompt: str, step: Any) -> str:
        canonical = json.dumps([self._scope, step, prompt], ensure_ascii=True, default=str)
        found = hashlib.sha256(canonical.encode()).hexdigest()
        if any(mark in prompt for mark in _IMAGES):
            self._pictured.add(found)
        return found

    def _warn(self) -> None:
        usual = Counter(self._sizes.values()).most_common(1)
        large = [group for group in self._pictured if self._sizes[group] > usual[0][0]] if usual else []
        if large:
            self.notes.append(
                f"{len(large)} groups are larger than the usual {usual[0][0]} rows and their prompts have images, which"
                " the file leaves out: equal questions about different images may have been taken for one group"
            )


def _arranged(kept: pa.RecordBatch, name: str, ids: pa.Array, columns: Sequence[str]) -> pa.RecordBatch:
    return kept.append_column(pa.field(name, pa.string()), ids).select(list(columns))


def _hashable(step: Any) -> Any:
    return json.dumps(step, sort_keys=True) if isinstance(step, list | dict) else step


def _distinct(prompts: pa.Array) -> tuple[np.ndarray[Any, np.dtype[np.int64]], list[str]]:
    """Each prompt as a number, -1 for null, and the distinct ones: text as it is, all else as canonical JSON."""
    try:
        prompts = plain_strings(prompts, "prompt")
    except InputError:
        cells = [
            None if cell is None else json.dumps(cell, sort_keys=True, separators=(",", ":"), default=str)
            for cell in python_cells(prompts)
        ]
        prompts = string_array(cells)
    codes, texts = text_codes(prompts)
    return codes, [text or "" for text in texts]
