"""Drawn stand-ins for imaging modalities: pictures that a small model can learn to tell apart, made of no real data."""

from __future__ import annotations

import io
import random
from collections.abc import Callable

import numpy as np
from PIL import Image, ImageDraw

from medreward.train.data import Item

__all__ = ["NAMES", "QUESTION", "SIDE", "draw", "drawn_items"]

NAMES = ("CT", "Fundus", "X-ray", "Histology")
"""The modalities, in the order in which they are offered."""

QUESTION = "Which imaging modality is this?"

SIDE = 28
"""Pixels along a side of the picture that everything here is drawn for; larger ones are this, enlarged before noise."""


def _ct(canvas: ImageDraw.ImageDraw, chance: random.Random) -> None:
    x, y, radius = _circle(chance)
    box = (x - radius, y - radius, x + radius, y + radius)
    canvas.ellipse(box, outline=(250, 250, 250), width=2, fill=(70, 70, 70))


def _fundus(canvas: ImageDraw.ImageDraw, chance: random.Random) -> None:
    x, y, radius = _circle(chance)
    canvas.ellipse((x - radius, y - radius, x + radius, y + radius), fill=(200, 90, 30))
    canvas.ellipse((x - 4, y - 4, x + 1, y + 1), fill=(250, 230, 120))


def _x_ray(canvas: ImageDraw.ImageDraw, chance: random.Random) -> None:
    canvas.rectangle((0, 0, SIDE, SIDE), fill=(40, 40, 40))
    for y in range(3, SIDE, 6):
        canvas.line((0, y + chance.uniform(-1, 1), SIDE, y + 3 + chance.uniform(-1, 1)), fill=(210, 210, 210), width=2)


def _histology(canvas: ImageDraw.ImageDraw, chance: random.Random) -> None:
    canvas.rectangle((0, 0, SIDE, SIDE), fill=(235, 190, 215))
    for _ in range(10):
        x, y = chance.uniform(0, SIDE), chance.uniform(0, SIDE)
        canvas.ellipse((x - 2, y - 2, x + 2, y + 2), fill=(110, 40, 140))


def _circle(chance: random.Random) -> tuple[float, float, float]:
    middle = SIDE / 2
    return middle + chance.uniform(-2, 2), middle + chance.uniform(-2, 2), SIDE * chance.uniform(0.34, 0.44)


_DRAW: dict[str, Callable[[ImageDraw.ImageDraw, random.Random], None]] = {
    "CT": _ct,
    "Fundus": _fundus,
    "X-ray": _x_ray,
    "Histology": _histology,
}


def draw(name: str, chance: random.Random, side: int = SIDE) -> bytes:
    """One picture, ``side`` x ``side`` pixels, as PNG."""
    image = Image.new("RGB", (SIDE, SIDE))
    _DRAW[name](ImageDraw.Draw(image), chance)
    image = image.resize((side, side), Image.Resampling.NEAREST)
    noise = np.random.default_rng(chance.getrandbits(32)).normal(0, 10, (side, side, 3))
    pixels = (np.asarray(image, np.float64) + noise).clip(0, 255).astype(np.uint8)
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG")
    return file.getvalue()


def drawn_items(count: int, seed: int, side: int = SIDE) -> list[Item]:
    """Questions about drawn pictures: the options always in one order, the right one by chance."""
    chance = random.Random(seed)  # noqa: S311 - drawings, not secrets
    options = {chr(ord("A") + number): name for number, name in enumerate(NAMES)}
    items = []
    for number in range(count):
        gold = chance.choice([*options])
        items.append(Item(f"drawn-{seed}-{number:04d}", QUESTION, options, gold, draw(options[gold], chance, side)))
    return items
