"""Models from nothing: a byte tokenizer and random-weight models of any size, so that all runs without a download."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import torch

from medreward.train.policy import Policy

__all__ = ["QWEN2_VL_2B", "Shape", "byte_tokenizer", "image_processor", "tiny_model", "tiny_policy"]

_SPECIAL = ("<|im_start|>", "<|vision_start|>", "<|vision_end|>", "<|image_pad|>", "<|video_pad|>")
_TAGS = ("<think>", "</think>", "<answer>", "</answer>")
_TEMPLATE = (
    "{% for m in messages %}<|im_start|>{{ m['role'] }}\n"
    "{% if m['content'] is string %}{{ m['content'] }}{% else %}{% for part in m['content'] %}"
    "{% if part['type'] == 'image' %}<|vision_start|><|image_pad|><|vision_end|>{% else %}{{ part['text'] }}{% endif %}"
    "{% endfor %}{% endif %}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)


@dataclass(frozen=True)
class Shape:
    """How large a model is: tiny unless told otherwise.

    Args:
        family: ``qwen2_vl``, ``qwen2_5_vl``, ``qwen2`` or ``llama``.
        hidden, layers, heads, kv_heads: the language model.
        vision_hidden, vision_layers, vision_heads: the vision tower.
        spread, vision_spread: how many times as wide as its ends the middle of a layer is.
        max_pixels: the largest image: 784 pixels are one token.
        tied: whether the head is the embedding table.
        vocabulary: at least so many tokens; those that no text needs are never read, and may be written.
    """

    family: str = "qwen2_vl"
    hidden: int = 64
    layers: int = 2
    heads: int = 4
    kv_heads: int = 2
    vision_hidden: int = 32
    vision_layers: int = 2
    vision_heads: int = 4
    spread: float = 2
    vision_spread: int = 2
    max_pixels: int = 3136
    tied: bool = True
    vocabulary: int = 0


QWEN2_VL_2B = Shape(
    hidden=1536,
    layers=28,
    heads=12,
    kv_heads=2,
    vision_hidden=1280,
    vision_layers=32,
    vision_heads=16,
    spread=8960 / 1536,
    vision_spread=4,
    max_pixels=448 * 448,
    vocabulary=151_936,
)
"""The shape of Qwen2-VL-2B (its ``config.json``), for images of at most 256 tokens."""


def byte_tokenizer(words: Iterable[str] = (), vocabulary: int = 0) -> Any:
    """A tokenizer of the 256 bytes, the tags, chat and vision tokens, and some whole words; nothing is out of it.

    Args:
        words: texts that become one token each wherever they occur.
        vocabulary: at least so many tokens; the further ones occur in no text that is read.

    Returns:
        A ``PreTrainedTokenizerFast`` that pads on the left; its padding token does not end a completion.
    """
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    alphabet, words = sorted(pre_tokenizers.ByteLevel.alphabet()), list(words)
    more = vocabulary - len(alphabet) - len(_SPECIAL) - len(_TAGS) - len(words) - 2  # those of the end and of padding
    known = {token: i for i, token in enumerate([*alphabet, *(f"w{number}" for number in range(more))])}
    inner = Tokenizer(models.BPE(vocab=known, merges=[]))
    inner.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    inner.decoder = decoders.ByteLevel()
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=inner,
        eos_token="<|im_end|>",  # noqa: S106 - a token of text
        pad_token="<|endoftext|>",  # noqa: S106 - a token of text
        padding_side="left",
    )
    tokenizer.add_special_tokens({"additional_special_tokens": list(_SPECIAL)})
    tokenizer.add_tokens([*_TAGS, *words], special_tokens=False)
    tokenizer.chat_template = _TEMPLATE
    return tokenizer


def image_processor(max_pixels: int = 3136) -> Any:
    """The image processor of Qwen2-VL, for images of at most so many pixels."""
    from transformers.models.qwen2_vl.image_processing_pil_qwen2_vl import Qwen2VLImageProcessorPil

    return Qwen2VLImageProcessorPil(size={"shortest_edge": 784, "longest_edge": max_pixels})


def _text_shape(tokenizer: Any, shape: Shape) -> dict[str, Any]:
    return {
        "vocab_size": len(tokenizer),
        "hidden_size": shape.hidden,
        "intermediate_size": round(shape.spread * shape.hidden),
        "num_hidden_layers": shape.layers,
        "num_attention_heads": shape.heads,
        "num_key_value_heads": shape.kv_heads,
        "max_position_embeddings": 4096,
        "tie_word_embeddings": shape.tied,
        "bos_token_id": None,
        "eos_token_id": tokenizer.eos_token_id,
        "pad_token_id": tokenizer.pad_token_id,
    }


def _vision_shape(shape: Shape) -> dict[str, Any]:
    if shape.family == "qwen2_vl":
        return {
            "depth": shape.vision_layers,
            "embed_dim": shape.vision_hidden,
            "hidden_size": shape.hidden,
            "num_heads": shape.vision_heads,
            "mlp_ratio": shape.vision_spread,
        }
    return {
        "depth": shape.vision_layers,
        "hidden_size": shape.vision_hidden,
        "out_hidden_size": shape.hidden,
        "num_heads": shape.vision_heads,
        "intermediate_size": shape.vision_spread * shape.vision_hidden,
        "window_size": 56,
        "fullatt_block_indexes": [shape.vision_layers - 1],
    }


def _vision_config(tokenizer: Any, shape: Shape) -> Any:
    import transformers

    token = tokenizer.convert_tokens_to_ids
    half = shape.hidden // shape.heads // 2
    third = half * 3 // 8
    rope = {"rope_type": "default", "rope_theta": 10000.0, "mrope_section": [half - 2 * third, third, third]}
    make = transformers.Qwen2VLConfig if shape.family == "qwen2_vl" else transformers.Qwen2_5_VLConfig
    return make(
        text_config={**_text_shape(tokenizer, shape), "rope_parameters": rope},
        vision_config=_vision_shape(shape),
        image_token_id=token("<|image_pad|>"),
        video_token_id=token("<|video_pad|>"),
        vision_start_token_id=token("<|vision_start|>"),
        vision_end_token_id=token("<|vision_end|>"),
        tie_word_embeddings=shape.tied,
    )


def tiny_model(
    tokenizer: Any,
    shape: Shape,
    seed: int = 0,
    device: torch.device | None = None,
    dtype: torch.dtype = torch.float32,
) -> Any:
    """A model of that shape with random weights, the same ones for the same seed and device."""
    import transformers

    device = device or torch.device("cpu")
    with torch.random.fork_rng(devices=[device] if device.type == "cuda" else []), device:
        torch.manual_seed(seed)
        if shape.family in ("qwen2_vl", "qwen2_5_vl"):
            vl, vl5 = transformers.Qwen2VLForConditionalGeneration, transformers.Qwen2_5_VLForConditionalGeneration
            model = (vl if shape.family == "qwen2_vl" else vl5)(_vision_config(tokenizer, shape))
        else:
            kinds = {
                "qwen2": (transformers.Qwen2Config, transformers.Qwen2ForCausalLM),
                "llama": (transformers.LlamaConfig, transformers.LlamaForCausalLM),
            }
            config, make = kinds[shape.family]
            model = make(config(**_text_shape(tokenizer, shape)))
    model.generation_config.eos_token_id = tokenizer.eos_token_id
    model.generation_config.pad_token_id = tokenizer.pad_token_id
    for parameter in model.parameters():  # buffers stay as they are: rotary frequencies need float32
        parameter.data = parameter.data.to(dtype)
    return model.train()


def tiny_policy(
    shape: Shape | None = None,
    seed: int = 0,
    words: Iterable[str] = (),
    device: torch.device | None = None,
    dtype: torch.dtype = torch.float32,
) -> Policy:
    """A whole policy from nothing: tokenizer, image processor, model."""
    shape = shape or Shape()
    tokenizer = byte_tokenizer(words, shape.vocabulary)
    images = image_processor(shape.max_pixels) if "vl" in shape.family else None
    return Policy(tiny_model(tokenizer, shape, seed, device, dtype), tokenizer, images)
