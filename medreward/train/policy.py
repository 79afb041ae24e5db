"""The model that learns, behind the few questions the trainer asks it: images, positions, hidden states, a head."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import Any

import torch
from torch import Tensor

from medreward.errors import InputError
from medreward.train.config import PolicyConfig
from medreward.train.data import Item, image_size
from medreward.train.norms import fuse_norms
from medreward.train.prompts import Images, Prompts

__all__ = ["Policy", "load_policy", "pick_device"]

_VISION = ("qwen2_vl", "qwen2_5_vl")
_CONTROL = ("<|vision_start|>", "<|vision_end|>", "<|vision_pad|>", "<|image_pad|>", "<|video_pad|>", "<|im_start|>")


def pick_device(name: str) -> torch.device:
    """The device of that name; ``auto`` is a GPU where there is one."""
    if name == "auto":
        name = "cuda" if torch.cuda.is_available() else "cpu"
    if name.startswith("cuda") and not torch.cuda.is_available():
        raise InputError("no_gpu", "There is no GPU that torch can use", got=name, do='set run.device = "cpu"')
    device = torch.device(name)
    if device.type == "cuda" and (device.index or 0) >= torch.cuda.device_count():
        raise InputError(
            "no_gpu",
            "There is no GPU of that number",
            expected=f"cuda:0 to cuda:{torch.cuda.device_count() - 1}",
            got=name,
            do='set run.device = "auto"',
        )
    return device


class Policy:
    """A causal language model, with or without eyes.

    Args:
        model: a transformers model: Qwen2-VL, Qwen2.5-VL, or any causal language model.
        tokenizer: its tokenizer.
        images: its image processor; None for a model that reads no images.
        autocast: whether arithmetic is done in bf16.
        stop: further stop tokens.
        ban: further banned tokens.
        tags: tags that must stay writable, whatever the tokenizer calls them.

    Attributes:
        stop_ids: ``(S,)``, the tokens that end a completion.
        banned: ``(K,)``, the tokens that are never written: the same in sampling and in scoring.
        kept: what a decode backend keeps from one step to the next.
        ready: images made ready ahead of the step that needs them, by digest.
    """

    def __init__(
        self,
        model: Any,
        tokenizer: Any,
        images: Any = None,
        *,
        autocast: bool = False,
        stop: Iterable[str] = (),
        ban: Iterable[str] = (),
        tags: Iterable[str] = ("think", "answer"),
    ) -> None:
        self.model, self.tokenizer, self.images, self._autocast = model, tokenizer, images, autocast
        self.has_vision = images is not None
        self.body: Any = model.model.language_model if self.has_vision else model.base_model
        self.head: Any = model.get_output_embeddings()
        self.table: Any = model.get_input_embeddings()
        self.image_token: int = model.config.image_token_id if self.has_vision else -1
        self.pad_id: int = _first(tokenizer.pad_token_id, tokenizer.eos_token_id, 0)
        self.device: torch.device = self.table.weight.device
        stops = {*_listed(model.generation_config.eos_token_id), *_listed(tokenizer.eos_token_id), *self._ids(stop)}
        banned = self._control_ids() | self._ids(ban)
        writable = {tokenizer.convert_tokens_to_ids(f"<{slash}{tag}>") for tag in tags for slash in ("", "/")}
        self.stop_ids = torch.tensor(sorted(stops), dtype=torch.long, device=self.device)
        self.banned = torch.tensor(sorted(banned - stops - writable), dtype=torch.long, device=self.device)
        if not stops:
            raise InputError("no_stop_token", "The model has no stop token", do="name one: sampling.stop")
        self.kept: dict[Any, Any] = {}
        self.ready: dict[str, tuple[Tensor, Tensor]] = {}
        self._switch_dropout_off()
        if self.device.type == "cuda" and not autocast:  # autocast mixes types, which the one operation does not take
            fuse_norms(model)
        self._check_parts()

    def _ids(self, names: Iterable[str]) -> set[int]:
        found = {name: self.tokenizer.convert_tokens_to_ids(name) for name in names}
        for name, number in found.items():
            if number is None or number == self.tokenizer.unk_token_id:
                raise InputError("no_such_token", "The tokenizer has no such token", got=repr(name))
        return set(found.values())

    def _control_ids(self) -> set[int]:
        """Special tokens, placeholders, and rows of the head that stand for no token at all."""
        known = self.tokenizer.get_vocab()
        named = {known[name] for name in _CONTROL if name in known}
        return {*self.tokenizer.all_special_ids, *named, *range(len(self.tokenizer), self.head.weight.shape[0])}

    def _switch_dropout_off(self) -> None:
        for module in self.model.modules():
            if isinstance(module, torch.nn.Dropout):
                module.p = 0.0
            if isinstance(getattr(module, "attention_dropout", None), float):
                module.attention_dropout = 0.0

    def _check_parts(self) -> None:
        """The parts used here, put together, must give the model's own logits; some models do more in between."""
        ids = torch.arange(4, device=self.device).remainder(self.table.weight.shape[0])[None]  # (1, 4)
        with torch.no_grad():
            whole = self.model(input_ids=ids).logits
            parts = self.head(self.body(inputs_embeds=self.table(ids), use_cache=False).last_hidden_state)
        if not torch.allclose(whole, parts, rtol=1e-2, atol=1e-2 * float(whole.abs().max())):
            raise InputError(
                "unsupported_model",
                "The model does more than embedding, layers and head: its logits cannot be made in chunks",
                got=str(self.model.config.model_type),
                do="use Qwen2-VL, Qwen2.5-VL, Qwen2, Llama or another plain decoder",
            )

    def arithmetic(self) -> AbstractContextManager[Any]:
        """The context forwards run in: bf16 autocast, or nothing."""
        context: AbstractContextManager[Any] = torch.autocast(
            self.device.type, dtype=torch.bfloat16, enabled=self._autocast
        )
        return context

    @contextmanager
    def reading(self) -> Iterator[None]:
        """The context caches are used in: a model that trains and recomputes activations throws its cache away."""
        training = self.model.training
        self.model.eval()
        try:
            yield
        finally:
            self.model.train(training)

    def recompute_activations(self) -> None:
        """Keep no activations inside layers; make them again in the backward pass. The gradient stays the same."""
        named = "activation_checkpointing_enable"  # transformers called it otherwise before 5.20 or so
        enable = getattr(self.model, named, None) or self.model.gradient_checkpointing_enable
        enable({"use_reentrant": False})

    def parameters(self) -> list[Tensor]:
        """What is learned; a tensor that is used twice comes once."""
        return [parameter for parameter in self.model.parameters() if parameter.requires_grad]

    def image_tokens(self, item: Item) -> int:
        """How many tokens an item's image will be, from its size alone."""
        if item.image is None or self.images is None:
            return 0
        from transformers.models.qwen2_vl.image_processing_pil_qwen2_vl import smart_resize

        width, height = image_size(item)
        factor = self.images.patch_size * self.images.merge_size
        size = self.images.size
        height, width = smart_resize(
            height,
            width,
            factor=factor,
            min_pixels=size["shortest_edge"],
            max_pixels=size["longest_edge"],
        )
        return int(height * width // factor**2)

    def vision(self, images: Images) -> Tensor:
        """Every distinct image through the vision tower, once; ``(tokens, H)``."""
        with self.arithmetic():
            found = self.model.model.get_image_features(images.pixels, images.grid, return_dict=True)
        return torch.cat(tuple(found.pooler_output))

    def positions(self, ids: Tensor, mask: Tensor, images: Images | None) -> tuple[Tensor, Tensor]:
        """Positions of a prompt's tokens, and of the first token after it.

        Returns:
            ``(P, L)``, or ``(3, P, L)`` with eyes; and ``(P, 1)``.
        """
        if not self.has_vision:
            positions = (mask.cumsum(-1) - 1).clamp(min=0)
            return positions, mask.sum(-1, keepdim=True)
        grid = None
        if images is not None:
            grid = images.grid[[image for image in images.of_prompt if image >= 0]]
        kinds = (ids == self.image_token).int()
        positions, delta = self.model.model.get_rope_index(
            ids, mm_token_type_ids=kinds, image_grid_thw=grid, attention_mask=mask
        )
        return positions, mask.sum(-1, keepdim=True) + delta.view(-1, 1)

    def embed(self, ids: Tensor, features: Tensor | None) -> Tensor:
        """Tokens as vectors, image tokens replaced by what the vision tower saw; ``(B, L, H)``."""
        vectors = self.table(ids)
        if features is None:
            return vectors
        return vectors.masked_scatter((ids == self.image_token)[..., None], features.to(vectors.dtype))

    def hidden(self, vectors: Tensor, mask: Tensor, positions: Tensor, cache: Any = None) -> Tensor:
        """The last layer's states; ``(B, L, H)``. ``mask`` covers what the cache holds, too."""
        with self.arithmetic():
            found = self.body(
                inputs_embeds=vectors,
                attention_mask=mask,
                position_ids=positions,
                past_key_values=cache,
                use_cache=cache is not None,
            )
        states: Tensor = found.last_hidden_state
        return states

    def prompt_vectors(self, prompts: Prompts, features: Tensor | None, rows: list[int]) -> Tensor:
        """The embedded prompts of some rows; ``(B, L, H)``."""
        ids = prompts.ids[rows]
        if prompts.images is None or features is None:
            return self.embed(ids, None)
        index = prompts.images.token_index(rows).to(self.device)
        return self.embed(ids, features[index])

    def texts(self, rows: Sequence[Sequence[int]]) -> list[str]:
        """What the policy wrote: each row's tokens without the stop token at their end."""
        stops = {*self.stop_ids.tolist()}
        kept = [row[:-1] if row and row[-1] in stops else row for row in rows]
        found: list[str] = self.tokenizer.batch_decode(
            kept, skip_special_tokens=False, clean_up_tokenization_spaces=False
        )
        return found


def _listed(value: Any) -> list[int]:
    return [] if value is None else list(value) if isinstance(value, list | tuple) else [value]


def _first(*values: int | None) -> int:
    return next(value for value in values if value is not None)


def load_policy(
    config: PolicyConfig,
    device: torch.device,
    *,
    autocast: bool = False,
    stop: Iterable[str] = (),
    ban: Iterable[str] = (),
    tags: Iterable[str] = ("think", "answer"),
) -> Policy:
    """A policy from a local directory, or from a name that transformers resolves.

    Raises:
        InputError: ``no_model``, ``unsupported_model``.
    """
    import transformers

    try:
        shape = transformers.AutoConfig.from_pretrained(config.model)
        kind = getattr(shape, "model_type", None)
        if hasattr(shape, "vision_config") and kind not in _VISION:
            raise InputError(
                "unsupported_model",
                "This kind of vision-language model is not known",
                got=str(kind),
                expected=str(_VISION),
            )
        maker = transformers.AutoModelForImageTextToText if kind in _VISION else transformers.AutoModelForCausalLM
        dtype = getattr(torch, config.dtype)
        model = maker.from_pretrained(config.model, dtype=dtype, attn_implementation=config.attention)
        tokenizer = transformers.AutoTokenizer.from_pretrained(config.model)
        images = _image_processor(config) if kind in _VISION else None
    except (OSError, ValueError) as error:
        raise InputError("no_model", "The model cannot be loaded", where=config.model, got=str(error)) from error
    model = model.to(device).train()
    policy = Policy(model, tokenizer, images, autocast=autocast, stop=stop, ban=ban, tags=tags)
    if config.gradient_checkpointing:
        policy.recompute_activations()
    return policy


def _image_processor(config: PolicyConfig) -> Any:
    """The PIL image processor: the default one wants torchvision."""
    from transformers.models.qwen2_vl.image_processing_pil_qwen2_vl import Qwen2VLImageProcessorPil

    images = Qwen2VLImageProcessorPil.from_pretrained(config.model)
    size = dict(images.size)
    size["shortest_edge"] = config.min_pixels or size["shortest_edge"]
    size["longest_edge"] = config.max_pixels or size["longest_edge"]
    images.size = size
    return images
