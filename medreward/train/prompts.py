"""Questions into tokens: the chat template, image placeholders, left padding, positions. Nothing is ever cut."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from medreward.errors import InputError
from medreward.train.data import Item, open_image, prompt_text

if TYPE_CHECKING:
    from medreward.train.policy import Policy

__all__ = ["Images", "Prompts", "check_lengths", "encode_prompts", "prepare_images", "prompt_ids", "rendered"]

_SHOWN = 5


@dataclass(frozen=True)
class Images:
    """The distinct images of some prompts.

    Args:
        pixels: ``(patches, values)``, the patches of all images one after another.
        grid: ``(N, 3)``, each image's patches in time, height and width.
        tokens: how many tokens each image becomes.
        of_prompt: the number of each prompt's image; -1 for none.
    """

    pixels: Tensor
    grid: Tensor
    tokens: tuple[int, ...]
    of_prompt: tuple[int, ...]

    def token_index(self, prompts: Sequence[int]) -> Tensor:
        """Where the image tokens of these prompts stand among the tokens of all images; ``(tokens,)``."""
        start = [sum(self.tokens[:number]) for number in range(len(self.tokens))]
        spans = [
            torch.arange(start[image], start[image] + self.tokens[image])
            for image in (self.of_prompt[prompt] for prompt in prompts)
            if image >= 0
        ]
        return torch.cat(spans) if spans else torch.zeros(0, dtype=torch.long)


@dataclass(frozen=True)
class Prompts:
    """P prompts, padded on the left to the longest.

    Args:
        ids: ``(P, L)`` int64.
        mask: ``(P, L)`` int64, 0 where padded.
        positions: ``(P, L)``, or ``(3, P, L)`` for a model with image positions.
        next_position: ``(P, 1)``, the position of the first token after the prompt.
        images: their images; None where no prompt has one.
    """

    ids: Tensor
    mask: Tensor
    positions: Tensor
    next_position: Tensor
    images: Images | None = None

    def __len__(self) -> int:
        return int(self.ids.shape[0])

    @property
    def lengths(self) -> Tensor:
        """Tokens of each prompt; ``(P,)``."""
        return self.mask.sum(-1)


def rendered(policy: Policy, text: str, *, image: bool) -> str:
    """A prompt as the model reads it: through the chat template where there is one."""
    if policy.tokenizer.chat_template is None:
        return text
    content: Any = text
    if policy.images is not None:
        content = [*([{"type": "image"}] if image else []), {"type": "text", "text": text}]
    messages = [{"role": "user", "content": content}]
    return str(policy.tokenizer.apply_chat_template(messages, add_generation_prompt=True, tokenize=False))


def prompt_ids(policy: Policy, item: Item, style: str, image_tokens: int) -> list[int]:
    """The tokens of one prompt, its image's placeholders included.

    Raises:
        InputError: ``control_token``: the question holds a placeholder of its own, or the template has no room for one.
    """
    text = rendered(policy, prompt_text(item, style), image=image_tokens > 0)
    ids: list[int] = policy.tokenizer(text, add_special_tokens=policy.tokenizer.chat_template is None)["input_ids"]
    if policy.images is None:
        return ids
    found = ids.count(policy.image_token)
    if found != min(image_tokens, 1):
        raise InputError(
            "control_token",
            "The prompt does not hold one placeholder for each image",
            where=f"question {item.id}",
            expected=str(min(image_tokens, 1)),
            got=str(found),
            do="take control tokens out of the question and options",
        )
    at = ids.index(policy.image_token) if found else 0
    return [*ids[:at], *[policy.image_token] * image_tokens, *ids[at + found :]]


def _image_bytes(item: Item) -> bytes:
    return item.image if isinstance(item.image, bytes) else item.image.read_bytes() if item.image is not None else b""


def _encode_images(policy: Policy, items: Sequence[Item]) -> Images | None:
    """Every distinct image once, known by its bytes."""
    if all(item.image is None for item in items):
        return None
    if policy.images is None:
        first = next(item for item in items if item.image is not None)
        raise InputError("no_vision", "The model reads no images, and a question has one", where=f"question {first.id}")
    numbers: dict[str, int] = {}
    found, of_prompt = [], []
    for item in items:
        if item.image is None:
            of_prompt.append(-1)
            continue
        digest = _digest(item)
        if digest not in numbers:
            numbers[digest] = len(numbers)
            found.append(policy.ready.pop(digest) if digest in policy.ready else _patches(policy, item))
        of_prompt.append(numbers[digest])
    pixels, grid = (torch.cat(parts) for parts in zip(*found, strict=True))  # (patches, values), (N, 3)
    tokens = (grid.prod(-1) // policy.images.merge_size**2).tolist()
    return Images(pixels.to(policy.device), grid.to(policy.device), tuple(tokens), tuple(of_prompt))


def _digest(item: Item) -> str:
    return hashlib.sha256(_image_bytes(item)).hexdigest()


def _patches(policy: Policy, item: Item) -> tuple[Tensor, Tensor]:
    """An image cut into patches, ``(patches, values)``, and its grid, ``(1, 3)``."""
    found = policy.images(images=[open_image(item)], return_tensors="pt")
    return found["pixel_values"], found["image_grid_thw"]


def prepare_images(policy: Policy, items: Sequence[Item]) -> None:
    """Decode and cut up images ahead of the step that needs them, where there is a moment for it.

    What is wrong with an image is left for that step to say.
    """
    if policy.images is None:
        return
    for item in items:
        if item.image is not None:
            with suppress(InputError, OSError):
                policy.ready.setdefault(_digest(item), _patches(policy, item))


def encode_prompts(policy: Policy, items: Sequence[Item], style: str) -> Prompts:
    """Prompts as the model takes them.

    Args:
        policy: whose tokenizer and image processor are used.
        items: P questions.
        style: the prompt's style.

    Raises:
        InputError: a prompt or an image is wrong.
    """
    images = _encode_images(policy, items)
    count = [0 if images is None or image < 0 else images.tokens[image] for image in _image_of(images, len(items))]
    lists = [prompt_ids(policy, item, style, tokens) for item, tokens in zip(items, count, strict=True)]
    longest = max(map(len, lists))
    ids = torch.full((len(lists), longest), policy.pad_id, dtype=torch.long)  # (P, L)
    mask = torch.zeros_like(ids)
    for row, tokens in enumerate(lists):
        ids[row, longest - len(tokens) :] = torch.tensor(tokens)
        mask[row, longest - len(tokens) :] = 1
    ids, mask = ids.to(policy.device), mask.to(policy.device)
    positions, next_position = policy.positions(ids, mask, images)
    return Prompts(ids, mask, positions, next_position, images)


def _image_of(images: Images | None, prompts: int) -> Sequence[int]:
    return images.of_prompt if images is not None else [-1] * prompts


def check_lengths(policy: Policy, items: Sequence[Item], style: str, most: int) -> list[int]:
    """Tokens of every prompt; one that is too long is an error that says which.

    Returns:
        The lengths, in the order of the items.

    Raises:
        InputError: ``prompt_too_long``, ``control_token``.
    """
    lengths = [len(prompt_ids(policy, item, style, policy.image_tokens(item))) for item in items]
    long = [(item, length) for item, length in zip(items, lengths, strict=True) if length > most]
    if long:
        raise InputError(
            "prompt_too_long",
            f"{len(long)} of {len(items)} prompts have more than {most} tokens, and prompts are never cut",
            got=", ".join(f"{item.id}: {length}" for item, length in long[:_SHOWN]),
            do="raise data.max_prompt_tokens, lower policy.max_pixels, or drop these questions",
        )
    return lengths
