"""What a run can be told: frozen, typed sections, read from TOML or JSON. An unknown key is an error."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import Field, ValidationError, model_validator
from pydantic.functional_validators import AfterValidator, BeforeValidator
from pydantic_core import PydanticCustomError

from medreward.errors import DocumentError
from medreward.spec import Flag, Model, Number, Whole

__all__ = [
    "AdvantageConfig",
    "DataConfig",
    "LossConfig",
    "OptimizerConfig",
    "PolicyConfig",
    "RewardConfig",
    "RunConfig",
    "SamplingConfig",
    "TrainConfig",
    "load_config",
]

Positive = Annotated[Whole, Field(ge=1)]
Count = Annotated[Whole, Field(ge=0)]
Share = Annotated[Number, Field(ge=0)]
Names = Annotated[tuple[str, ...], BeforeValidator(lambda value: tuple(value) if isinstance(value, list) else value)]


def _not_empty(value: str) -> str:
    """An empty path would be the config's folder."""
    if not value.strip():
        raise PydanticCustomError("not_set", "it is not set: what stands there is empty")
    return value


def _known_device(value: str) -> str:
    if not re.fullmatch(r"auto|cpu|mps|cuda(:[0-9]+)?", value):
        raise PydanticCustomError(
            "device", "it is auto, cpu, mps, cuda or cuda:N, and not {device}", {"device": repr(value)}
        )
    return value


Named = Annotated[str, AfterValidator(_not_empty)]
Device = Annotated[str, AfterValidator(_known_device)]


class PolicyConfig(Model):
    """The model that learns.

    Args:
        model: a local directory, or a name that ``transformers`` resolves.
        dtype: what the weights are kept in, and the arithmetic is done in. For ``bfloat16`` the optimizer keeps a
            float32 copy of them, with float32 gradients and moments. With ``run.autocast`` weights of ``float32`` stay
            as they are and the arithmetic alone is bf16, which rounds every weight anew at every use.
        attention: transformers' attention implementation.
        gradient_checkpointing: recompute activations in the backward pass: less memory, a third more time.
        min_pixels, max_pixels: bounds on an image's size after resizing; the model's own where unset.
    """

    model: Named
    dtype: Literal["float32", "bfloat16"] = "float32"
    attention: Literal["sdpa", "eager", "flash_attention_2"] = "sdpa"
    gradient_checkpointing: Flag = False
    min_pixels: Positive | None = None
    max_pixels: Positive | None = None


class DataConfig(Model):
    """Questions with options, golds and, where there are any, images.

    Args:
        train: a Parquet, JSON-lines or CSV file, or a folder of them. Relative paths are relative to the config's file.
        held_out: such a file of unseen questions, for greedy accuracy.
        images: the folder that image paths are relative to; the data file's own where unset.
        columns: canonical name to the column's own name: ``question``, ``options``, ``gold``, ``image``, ``id``.
        limit: learn from the first so many questions only.
        prompt: ``paper`` asks as MedVLM-R1 does; ``plain`` gives question and options alone.
        max_prompt_tokens: a prompt with more, image tokens counted, is an error. Prompts are never cut.
        check_images: decode every image once before training, so that a damaged one is found then.
    """

    train: Named
    held_out: Named | None = None
    images: Named | None = None
    columns: dict[Literal["question", "options", "gold", "image", "id"], str] = Field(default_factory=dict)
    limit: Positive | None = None
    prompt: Literal["paper", "plain"] = "paper"
    max_prompt_tokens: Positive = 1024
    check_images: Flag = True


class SamplingConfig(Model):
    """How completions are written.

    Args:
        prompts: P, the prompts in a step.
        samples: G, the completions to each prompt: its group.
        temperature: divides the logits, in sampling and in the loss alike.
        max_new_tokens: the longest completion.
        backend: how tokens are decoded: ``eager`` with a cache that grows, ``static`` with one of fixed size, each step
            replayed as a CUDA graph; ``auto`` is ``static`` on a GPU and ``eager`` elsewhere.
        stop: further tokens that end a completion, beside the tokenizer's and the model's own.
        ban: further tokens that are never written, beside placeholders of images and chat control tokens.
    """

    prompts: Positive = 8
    samples: Annotated[Whole, Field(ge=2)] = 8
    temperature: Annotated[Number, Field(gt=0)] = 1.0
    max_new_tokens: Positive = 256
    backend: Literal["auto", "eager", "static"] = "auto"
    stop: Names = ()
    ban: Names = ()


class RewardConfig(Model):
    """What completions are worth.

    Args:
        document: a preset's name or a reward document's path.
        prefill: what the chat template already wrote of the answer; ``auto`` looks.
    """

    document: Named = "medvlm-r1"
    prefill: str = "auto"


class AdvantageConfig(Model):
    """How a reward is compared with its group's.

    Args:
        scale: divide by the standard deviation of the ``group``, of the whole ``batch``, or not at all (``none``).
        several: ``sum_then_normalize`` compares totals; ``normalize_then_sum`` compares each component by itself, adds
            them up by their weights, and normalises the sums over the batch (GDPO, arXiv 2601.05242).
        weights: a component's weight in ``normalize_then_sum``; 1 where unnamed.
    """

    scale: Literal["group", "batch", "none"] = "group"
    several: Literal["sum_then_normalize", "normalize_then_sum"] = "sum_then_normalize"
    weights: dict[str, Number] = Field(default_factory=dict)


class LossConfig(Model):
    """The objective.

    Args:
        kind: how tokens are averaged, and for ``cispo`` what is differentiated; see :mod:`medreward.train.losses`.
        level: a ratio for each ``token``, or one for each completion (``sequence``, as in GSPO, arXiv 2507.18071).
        clip_low, clip_high: the ratio is held within ``[1 - clip_low, 1 + clip_high]``.
        delta: also caps the ratio where the advantage is negative (two-sided clipping, arXiv 2505.07291).
        beta: the weight of the KL penalty; at 0 no reference model is loaded.
        kl: the estimator: ``k1``, ``k2``, ``k3`` (Schulman, "Approximating KL divergence").
        kl_correction: multiply the estimate by the ratio, which makes it unbiased off policy (arXiv 2512.02556).
        mask_truncated: completions that were cut off take no part in the loss (DAPO's overlong filtering).
        old_logprobs: ``scored``: of the first pass; ``sampled``: those recorded while sampling.
    """

    kind: Literal["grpo", "bnpo", "dr_grpo", "dapo", "cispo"] = "dapo"
    level: Literal["token", "sequence"] = "token"
    clip_low: Share = 0.2
    clip_high: Share = 0.28
    delta: Annotated[Number, Field(gt=1)] | None = None
    beta: Share = 0.0
    kl: Literal["k1", "k2", "k3"] = "k3"
    kl_correction: Flag = True
    mask_truncated: Flag = False
    old_logprobs: Literal["scored", "sampled"] = "scored"


class OptimizerConfig(Model):
    """AdamW, and how a step's data is gone over.

    Args:
        lr: the learning rate after warm-up.
        schedule: what becomes of it until the last step.
        warmup_steps: steps in which it rises linearly from 0.
        betas, weight_decay: AdamW's.
        grad_clip: the gradient's norm is cut to this.
        passes: mu, the updates made with one step's rollouts.
        micro_batch: completions in one forward and backward; where unset, all at once, or as many as fit into memory
            where ``run.probe`` tries.
    """

    lr: Annotated[Number, Field(gt=0)] = 1e-6
    schedule: Literal["constant", "linear", "cosine"] = "constant"
    warmup_steps: Count = 0
    betas: tuple[Number, Number] = (0.9, 0.999)
    weight_decay: Share = 0.0
    grad_clip: Annotated[Number, Field(gt=0)] = 1.0
    passes: Positive = 1
    micro_batch: Positive | None = None


class RunConfig(Model):
    """The run itself.

    Args:
        steps: updates of the policy's data: each is P x G completions.
        seed: everything random follows from it and the step's number.
        output: the folder of rollouts, metrics, checkpoints and the final model.
        save_every: steps between checkpoints; the last step always has one.
        keep: how many checkpoints stay.
        evaluate_every: steps between greedy evaluations; 0 for before and after only.
        device: ``auto`` takes a GPU where there is one; ``cpu``, ``cuda``, ``cuda:1``, ``mps``.
        autocast: do the arithmetic in bf16 over weights that stay in ``policy.dtype``.
        logprob_chunk: tokens whose logits stand in memory at a time.
        probe: try the longest step before training, and halve the micro-batch until it fits where
            ``optimizer.micro_batch`` is unset: ``auto`` does so on a GPU.
        threads: CPU threads; torch's own choice where unset.
        tensorboard: write event files, too.
    """

    steps: Positive
    seed: Count = 0
    output: Named | None = None
    save_every: Positive = 50
    keep: Positive = 2
    evaluate_every: Count = 0
    device: Device = "auto"
    autocast: Literal["none", "bfloat16"] = "none"
    logprob_chunk: Positive = 2048
    probe: Literal["auto", "always", "never"] = "auto"
    threads: Positive | None = None
    tensorboard: Flag = False


class TrainConfig(Model):
    """A whole run."""

    policy: PolicyConfig
    data: DataConfig
    run: RunConfig
    sampling: SamplingConfig = SamplingConfig()
    reward: RewardConfig = RewardConfig()
    advantage: AdvantageConfig = AdvantageConfig()
    loss: LossConfig = LossConfig()
    optimizer: OptimizerConfig = OptimizerConfig()

    @property
    def rows(self) -> int:
        """The completions of a step."""
        return self.sampling.prompts * self.sampling.samples

    @property
    def micro_batch(self) -> int:
        """The completions of one forward and backward."""
        return min(self.optimizer.micro_batch or self.rows, self.rows)

    @model_validator(mode="after")
    def _bnpo_is_not_split(self) -> Self:
        if self.loss.kind == "bnpo" and self.micro_batch < self.rows:
            raise PydanticCustomError(
                "bnpo_split",
                "bnpo divides by the tokens of a micro-batch, so micro_batch changes it: unset it, or use dapo",
            )
        return self

    def replace(self, **sections: Mapping[str, Any]) -> TrainConfig:
        """The same run with some fields changed: ``config.replace(run={"steps": 5})``."""
        changed = {name: {**dict(getattr(self, name)), **fields} for name, fields in sections.items()}
        return TrainConfig.model_validate({**dict(self), **changed})


def load_config(path: str | Path) -> TrainConfig:
    """A run from a TOML or JSON file. Paths in it are made relative to the file.

    Raises:
        DocumentError: ``bad_config``: no such file, not TOML or JSON, a key that is unknown or a value that is wrong.
    """
    path = Path(path)
    try:
        text = path.read_text(encoding="utf-8")
        data = json.loads(text) if path.suffix == ".json" else tomllib.loads(text)
    except (OSError, ValueError) as error:
        raise DocumentError("bad_config", "The run's file cannot be read", where=str(path), got=str(error)) from error
    return _resolved(read_config(data, str(path)), path.parent)


def read_config(data: Any, where: str) -> TrainConfig:
    """A run from plain data.

    Raises:
        DocumentError: ``bad_config``, naming each wrong field.
    """
    try:
        return TrainConfig.model_validate(data)
    except ValidationError as error:
        lines = [f"{'.'.join(map(str, item['loc'])) or 'the run'}: {item['msg']}" for item in error.errors()]
        raise DocumentError(
            "bad_config", "The run's settings are wrong", where=where, got="\n            ".join(lines)
        ) from error


def _resolved(config: TrainConfig, folder: Path) -> TrainConfig:
    """Data paths, and a model or reward that is there as a path, relative to the config's folder."""

    def place(name: str | None) -> str | None:
        return None if name is None else str(folder / name)

    def if_there(name: str) -> str:
        return str(folder / name) if (folder / name).exists() else name

    data = {name: place(getattr(config.data, name)) for name in ("train", "held_out", "images")}
    policy, reward = {"model": if_there(config.policy.model)}, {"document": if_there(config.reward.document)}
    return config.replace(data=data, policy=policy, reward=reward)
