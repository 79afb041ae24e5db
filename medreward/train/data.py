"""Questions with options, golds and images, from Parquet, JSON lines or CSV. What is wrong is found before training."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from PIL import Image

from medreward.errors import InputError
from medreward.rewards.prompt import prompt
from medreward.rollouts.files import SUFFIXES, open_file
from medreward.scoring.golds import resolve_golds
from medreward.scoring.settings import InputSettings
from medreward.text.buffer import Ints
from medreward.text.rows import Rows
from medreward.train.config import DataConfig

__all__ = ["Item", "check_images", "image_size", "load_items", "open_image", "prompt_text", "read_items", "seen_before"]

_SHOWN = 5
_DEEP_MODES = ("I", "I;16", "I;16B", "I;16L", "F")


@dataclass(frozen=True)
class Item:
    """A question.

    Args:
        id: its name, unique in its data.
        question: the words.
        options: text by label.
        gold: the right label.
        image: the image's path, its bytes, or None for a question about no image.
    """

    id: str
    question: str
    options: Mapping[str, str]
    gold: str
    image: Path | bytes | None = None

    @property
    def image_name(self) -> str | None:
        """The image's path, or a digest of its bytes."""
        if isinstance(self.image, bytes):
            return f"sha256:{hashlib.sha256(self.image).hexdigest()}"
        return None if self.image is None else str(self.image)


def prompt_text(item: Item, style: str) -> str:
    """What the model is asked: the paper's prompt, or question and options alone (``plain``)."""
    if style == "paper":
        return prompt(item.question, item.options)
    return "\n".join([item.question, *(f"{label}) {text}" for label, text in item.options.items())])


def load_items(place: str | Path, config: DataConfig) -> list[Item]:
    """The questions in a file, or in the data files of a folder, in the order of the files' names.

    Raises:
        InputError: ``not_found``, ``no_questions``, or what :func:`read_items` raises.
    """
    place = Path(place)
    if not place.exists():
        raise InputError(
            "not_found", "There is no such data", where=str(place), do="check data.train and data.held_out"
        )
    files = [place]
    if place.is_dir():
        files = sorted(path for path in place.rglob("*") if path.suffix.lower() in SUFFIXES)
    rows = [row for file in files for row in _rows(file, config)]
    if not rows:
        raise InputError("no_questions", "There is no question in the data", where=str(place))
    folder = Path(config.images) if config.images is not None else place if place.is_dir() else place.parent
    return read_items(rows[: config.limit], config, folder, str(place))


def _rows(file: Path, config: DataConfig) -> list[dict[str, Any]]:
    with open_file(file, text=_column_names(config).values()) as found:
        return [row for batch in found.batches() for row in batch.to_pylist()]


def read_items(rows: list[dict[str, Any]], config: DataConfig, folder: Path, where: str) -> list[Item]:
    """Questions from rows of plain data.

    Args:
        rows: one mapping a question.
        config: the columns' names.
        folder: what image paths are relative to.
        where: the data's name, for messages.

    Raises:
        InputError: ``missing_column``, ``bad_question``, ``bad_gold`` (a gold that names none of its options),
            ``missing_image``.
    """
    names = _column_names(config)
    cells: list[dict[str, Any]] = [{name: row.get(column) for name, column in names.items()} for row in rows]
    cells = [{**row, "options": _options(row["options"])} for row in cells]
    for name in ("question", "options", "gold"):
        if all(row[name] is None for row in cells):
            raise InputError(
                "missing_column",
                f"No question has {names[name]!r}",
                where=where,
                got=", ".join(rows[0]) or "nothing",
                do=f'name the column: [data] columns = {{ {name} = "…" }}',
            )
    _check_cells(cells, where)
    options, golds = _resolved(cells, where)
    items = [
        Item(
            id=str(row["id"]) if row["id"] is not None else f"{number:06d}",
            question=row["question"],
            options=options[number],
            gold=golds[number],
            image=_image(row["image"], folder, f"{where}, row {number}"),
        )
        for number, row in enumerate(cells)
    ]
    _check_files(items, where)
    _check_names(items, where)
    return items


def _options(cell: Any) -> Any:
    """Structs and maps as mappings without the labels that are not offered; anything else as it is."""
    if isinstance(cell, list) and cell and isinstance(cell[0], tuple):
        cell = dict(cell)
    return {label: text for label, text in cell.items() if text is not None} if isinstance(cell, Mapping) else cell


def _column_names(config: DataConfig) -> dict[str, str]:
    """What each column is called in the data."""
    return {name: name for name in ("question", "options", "gold", "image", "id")} | {**config.columns}


def _check_cells(cells: list[dict[str, Any]], where: str) -> None:
    for number, row in enumerate(cells):
        question, options = row["question"], row["options"]
        texts = list(options.values()) if isinstance(options, Mapping) else options
        fine = isinstance(texts, list) and len(texts) >= 2 and all(isinstance(text, str) for text in texts)
        if not isinstance(question, str) or not question.strip() or not fine or row["gold"] is None:
            raise InputError(
                "bad_question",
                "A question needs words, at least two option texts, and a gold",
                where=f"{where}, row {number}",
                got=str(row)[:300],
            )


def _resolved(cells: list[dict[str, Any]], where: str) -> tuple[list[dict[str, str]], list[str]]:
    """Options as text by label, and golds as labels: read as the scorer reads them."""
    kinds = {isinstance(row["options"], Mapping) for row in cells}
    if len(kinds) > 1:
        raise InputError("bad_question", "Options are lists in some rows and maps in others", where=where)
    offered = pa.array([row["options"] for row in cells])
    if kinds == {True}:
        pairs = [list(row["options"].items()) for row in cells]
        offered = pa.array(pairs, pa.map_(pa.string(), pa.string()))
    rows = Rows.of(pa.array([row["question"] for row in cells], pa.string()), offered)
    golds = pa.array([str(row["gold"]) for row in cells], pa.string())
    labels = _labels(golds, rows, where)
    numbers, sets = rows.options.fetch(np.arange(len(cells)))
    found = [sets[number] for number in numbers.tolist()]
    named = [
        {label: text for label, text in zip(each.labels, each.texts, strict=True) if text is not None} for each in found
    ]
    return named, [each.labels[label] for each, label in zip(found, labels.tolist(), strict=True)]


def _labels(golds: pa.Array, rows: Rows, where: str) -> Ints:
    """The place of each gold among its question's labels; here no setting excuses one that names no option."""
    try:
        return resolve_golds(golds, rows, InputSettings(), frozenset({"label"})).label
    except InputError as error:
        raise InputError(
            error.code,
            error.what,
            where=where,
            expected="the label of one option, or its text",
            got=error.got,
            do="mend the gold, or drop the question",
        ) from error


def _image(cell: Any, folder: Path, where: str) -> Path | bytes | None:
    """A path, a ``{bytes, path}`` struct as Hugging Face datasets write it, or a list of one of them."""
    if isinstance(cell, list):
        if len(cell) > 1:
            raise InputError("several_images", "A question may have one image", where=where, got=f"{len(cell)} images")
        cell = cell[0] if cell else None
    if isinstance(cell, Mapping):
        cell = cell.get("bytes") or cell.get("path")
    if cell is None or isinstance(cell, bytes):
        return cell
    if not isinstance(cell, str):
        raise InputError("bad_image", "An image is a path or bytes", where=where, got=repr(cell)[:80])
    return folder / cell


def _check_files(items: list[Item], where: str) -> None:
    missing = [item for item in items if isinstance(item.image, Path) and not item.image.is_file()]
    if missing:
        raise InputError(
            "missing_image",
            f"{len(missing)} of {len(items)} questions name an image that is not there",
            where=where,
            got=", ".join(f"{item.id}: {item.image_name}" for item in missing[:_SHOWN]),
            do="name the folder that image paths are relative to: [data] images",
        )


def _check_names(items: list[Item], where: str) -> None:
    seen: set[str] = set()
    for item in items:
        if item.id in seen:
            raise InputError("repeated_id", "Two questions have the same id", where=where, got=repr(item.id))
        seen.add(item.id)


def open_image(item: Item) -> Image.Image:
    """An item's image, decoded, in RGB.

    Raises:
        InputError: ``missing_image``, ``bad_image`` (damaged, cut off, no image at all), ``image_depth``.
    """
    with _opened(item) as image:
        if image.mode in _DEEP_MODES:
            raise InputError(
                "image_depth",
                "The image has more than 8 bits a channel; converting it would cut off all but the darkest greys",
                where=f"question {item.id}: {item.image_name}",
                got=f"mode {image.mode}",
                do="window it to 8 bits first",
            )
        return image.convert("RGB")


@contextmanager
def _opened(item: Item) -> Iterator[Image.Image]:
    """An item's image, not yet decoded; whatever goes wrong names the question."""
    where = f"question {item.id}: {item.image_name}"
    try:
        data = item.image.read_bytes() if isinstance(item.image, Path) else item.image or b""
        with Image.open(io.BytesIO(data)) as image:
            yield image
    except FileNotFoundError as error:
        raise InputError("missing_image", "The image is not there", where=where, got=str(error)) from error
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise InputError(
            "bad_image",
            "The image cannot be decoded",
            where=where,
            got=str(error),
            do="replace it or drop the question",
        ) from error


def image_size(item: Item) -> tuple[int, int]:
    """An image's width and height, without decoding it.

    Raises:
        InputError: as :func:`open_image`.
    """
    with _opened(item) as image:
        return int(image.width), int(image.height)


def seen_before(items: Sequence[Item], held_out: Sequence[Item]) -> list[str]:
    """The ids of held-out questions that are learned from, too: same words, same options, same image."""
    words = {(item.question, tuple(item.options.items())) for item in held_out}
    known = {_content(item) for item in items if (item.question, tuple(item.options.items())) in words}
    return [item.id for item in held_out if _content(item) in known]


def _content(item: Item) -> tuple[object, ...]:
    data = item.image.read_bytes() if isinstance(item.image, Path) else item.image or b""
    return (item.question, tuple(item.options.items()), hashlib.sha256(data).digest())


def check_images(items: list[Item]) -> None:
    """Decode every image once, so that a damaged one is found before training rather than hours into it.

    Raises:
        InputError: as :func:`open_image`.
    """
    for item in items:
        if item.image is not None:
            open_image(item)
