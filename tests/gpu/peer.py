"""The same step by TRL's GRPOTrainer: same weights, prompts, images, lengths and reward; transformers generates."""

from __future__ import annotations

import importlib.util
import statistics
import tempfile
import time
from collections.abc import Sequence
from typing import Any

import torch
import transformers

from medreward import Scorer
from medreward.train.config import TrainConfig
from medreward.train.data import Item, open_image, prompt_text
from medreward.train.policy import Policy
from tests.gpu.arithmetic import wait

NEEDED = ("trl", "datasets", "accelerate")


def missing() -> list[str]:
    """What TRL needs and is not installed."""
    return [name for name in NEEDED if importlib.util.find_spec(name) is None]


class Processor(transformers.ProcessorMixin):  # type: ignore[misc]
    """Tokenizer and image processor in the form TRL asks for; transformers' own wants torchvision."""

    def __init__(self, policy: Policy) -> None:
        self.tokenizer, self.image_processor = policy.tokenizer, policy.images
        self.chat_template = policy.tokenizer.chat_template
        self._image = policy.image_token

    def apply_chat_template(self, conversation: Any, *, tokenize: bool = False, **settings: Any) -> Any:
        """The text of one conversation, or the tokens and pixels of several."""
        if not tokenize:
            return self.tokenizer.apply_chat_template(conversation, tokenize=False, add_generation_prompt=True)
        texts = [self.apply_chat_template(each) for each in conversation]
        images = [part["image"] for each in conversation for part in each[0]["content"] if part["type"] == "image"]
        return self(images=images, text=texts)

    def __call__(self, images: Any, text: Sequence[str], *, padding: bool = False, **settings: Any) -> Any:
        """Tokens with a placeholder for each token of an image, and pixels."""
        flat = [image[0] if isinstance(image, list) else image for image in images]
        found = dict(self.image_processor(images=flat, return_tensors="pt"))
        counts = (found["image_grid_thw"].prod(-1) // self.image_processor.merge_size**2).tolist()
        rows = [self._expanded(each, count) for each, count in zip(text, counts, strict=True)]
        kinds = [[int(token == self._image) for token in row] for row in rows]
        if not padding:
            return {
                "input_ids": rows,
                "attention_mask": [[1] * len(row) for row in rows],
                **found,
                "mm_token_type_ids": kinds,
            }
        longest = max(map(len, rows))
        left = [[0] * (longest - len(row)) for row in rows]
        tensors = {
            "input_ids": [[self.tokenizer.pad_token_id] * len(pad) + row for pad, row in zip(left, rows, strict=True)],
            "attention_mask": [pad + [1] * len(row) for pad, row in zip(left, rows, strict=True)],
            "mm_token_type_ids": [pad + kind for pad, kind in zip(left, kinds, strict=True)],
        }
        return {**{name: torch.tensor(value) for name, value in tensors.items()}, **found}

    def _expanded(self, text: str, count: int) -> list[int]:
        ids = self.tokenizer(text)["input_ids"]
        at = ids.index(self._image)
        return [*ids[:at], *[self._image] * count, *ids[at + 1 :]]

    def batch_decode(self, ids: Any, **settings: Any) -> Any:
        """Texts of tokens."""
        return self.tokenizer.batch_decode(ids, **settings)


class StepClock(transformers.TrainerCallback):  # type: ignore[misc]
    """Wall time of each step."""

    def __init__(self, device: torch.device) -> None:
        self.steps: list[float] = []
        self._device, self._began = device, 0.0

    def on_step_begin(self, *_: Any, **__: Any) -> None:
        wait(self._device)
        self._began = time.perf_counter()

    def on_step_end(self, *_: Any, **__: Any) -> None:
        wait(self._device)
        self.steps.append(time.perf_counter() - self._began)


def trl_step(model: Any, policy: Policy, items: Sequence[Item], config: TrainConfig, steps: int) -> float:
    """Seconds of a step of a model, the median over some after one that does not count.

    The policy lends its tokenizer and image processor; its model is not the one, since it was changed to be faster.
    """
    from datasets import Dataset
    from trl import GRPOConfig, GRPOTrainer

    scorer, device = Scorer(config.reward.document), policy.device
    by_text = {prompt_text(item, config.data.prompt): item for item in items}

    def reward(prompts: Any, completions: Any, **_: Any) -> list[float]:
        texts = [next(part["text"] for part in each[0]["content"] if part["type"] == "text") for each in prompts]
        asked = [by_text[text] for text in texts]
        table = {
            "completion": [each[0]["content"] for each in completions],
            "gold": [item.gold for item in asked],
            "options": [list(item.options.values()) for item in asked],
        }
        return [float(value) for value in scorer.score(table).rewards]

    rows = [
        {"prompt": [{"role": "user", "content": prompt_text(item, config.data.prompt)}], "image": open_image(item)}
        for item in items
    ]
    clock = StepClock(device)
    with tempfile.TemporaryDirectory() as folder:
        arguments = GRPOConfig(
            output_dir=folder,
            use_cpu=device.type == "cpu",
            bf16=False,  # the weights are what they are: bf16 on a GPU
            gradient_checkpointing=False,
            per_device_train_batch_size=config.micro_batch,
            gradient_accumulation_steps=config.rows // config.micro_batch,
            num_generations=config.sampling.samples,
            max_completion_length=config.sampling.max_new_tokens,
            temperature=config.sampling.temperature,
            beta=0.0,
            loss_type="dapo",
            learning_rate=config.optimizer.lr,
            max_steps=steps + 1,
            save_strategy="no",
            logging_strategy="no",
            report_to="none",
            disable_tqdm=True,
        )
        trainer = GRPOTrainer(
            model=model,
            reward_funcs=reward,
            args=arguments,
            train_dataset=Dataset.from_list(rows),
            processing_class=Processor(policy),
            callbacks=[clock],
        )
        trainer.remove_callback(transformers.PrinterCallback)
        trainer.train()
    return statistics.median(clock.steps[1:])
