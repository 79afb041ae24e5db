"""TRL's own writer: a real GRPO run of two steps logs its completions, and the files are read and scored.

Runs where TRL 1.16.0 is installed: pip install 'medreward[test-train]'.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import medreward
from medreward import InputSettings
from medreward.rollouts import inspect, score_files, verify
from tests.rollouts.files import OPTIONS, read

torch = pytest.importorskip("torch", reason="TRL 1.16.0 is not installed: pip install 'medreward[test-train]'")
trl = pytest.importorskip("trl", "1.16.0", reason="TRL 1.16.0 is not installed: pip install 'medreward[test-train]'")
pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore")]

WORDS = ["<think>", "</think>", "<answer>", "</answer>", "A", "B", "C", "D", "Which?", "What?", "(", ")", ",", "\n"]
TEMPLATE = (
    "{% for message in messages %}{{ message['role'] + ' ' + message['content'] + ' ' }}"
    "{% endfor %}{% if add_generation_prompt %}{{ 'assistant ' }}{% endif %}"
)
GENERATIONS = 4


def small_model() -> tuple[Any, Any]:
    """A language model of a few thousand weights, and a tokenizer of a few words."""
    from tokenizers import Tokenizer
    from tokenizers.models import WordLevel
    from tokenizers.pre_tokenizers import Split
    from transformers import GPT2Config, GPT2LMHeadModel, PreTrainedTokenizerFast

    special = ["<pad>", "<eos>", "<unk>"]
    names = [*special, *WORDS, "user", "assistant", " ", *OPTIONS]
    words = WordLevel({name: i for i, name in enumerate(names)}, unk_token="<unk>")  # noqa: S106 - a word
    tokenizer = Tokenizer(words)
    tokenizer.pre_tokenizer = Split(" ", "removed")
    named = {"pad_token": "<pad>", "eos_token": "<eos>", "unk_token": "<unk>", "chat_template": TEMPLATE}
    fast = PreTrainedTokenizerFast(tokenizer_object=tokenizer, **named)
    torch.manual_seed(0)
    config = GPT2Config(
        vocab_size=len(names), n_positions=128, n_embd=16, n_layer=1, n_head=2, bos_token_id=1, eos_token_id=1
    )
    return GPT2LMHeadModel(config), fast


def run(folder: Path, *, chat: bool) -> list[Path]:
    """Two steps of GRPO; the files of completions that TRL wrote."""
    from datasets import Dataset

    def letters(completions: list[Any], **_: Any) -> list[float]:
        texts = [text if isinstance(text, str) else text[-1]["content"] for text in completions]
        return [float(text.count("B")) for text in texts]

    def sometimes(completions: list[Any], log_extra: Any = None, solution: Any = None, **_: Any) -> list[float | None]:
        if log_extra is not None:
            log_extra("solution", list(solution or []))
        return [None if i % 2 else 1.0 for i in range(len(completions))]

    questions: list[Any] = ["Which?", "What?"]
    if chat:
        questions = [[{"role": "user", "content": question}] for question in questions]
    data = Dataset.from_dict({"prompt": questions, "solution": ["B", "C"]})
    model, tokenizer = small_model()
    arguments = trl.GRPOConfig(
        output_dir=str(folder),
        max_steps=2,
        logging_steps=1,
        per_device_train_batch_size=2 * GENERATIONS,
        num_generations=GENERATIONS,
        max_completion_length=16,
        log_completions=True,
        report_to="none",
        use_cpu=True,
        bf16=False,
        save_strategy="no",
        disable_tqdm=True,
    )
    trainer = trl.GRPOTrainer(
        model=model,
        reward_funcs=[letters, sometimes],
        args=arguments,
        train_dataset=data,
        processing_class=tokenizer,
    )
    trainer.train()
    return sorted((folder / "completions").glob("*.parquet"))


@pytest.mark.parametrize("chat", [False, True], ids=["text", "conversations"])
def test_what_trl_logs_is_recognised_scored_and_verified(tmp_path: Path, chat: bool) -> None:
    files = run(tmp_path / "run", chat=chat)
    assert [path.name for path in files] == ["completions_00001.parquet", "completions_00002.parquet"]
    columns = read(files[0]).schema.names
    assert columns == ["step", "prompt", "completion", "letters", "sometimes", "solution", "advantage"]

    found = inspect(tmp_path / "run" / "completions")
    assert (found.format, found.rows) == ("trl", 2 * 2 * GENERATIONS)
    assert ("sometimes", "double", "logged number") in found.columns
    assert [suggestion.flags for suggestion in found.suggestions] == [("--map", "gold=solution")]

    settings = InputSettings(columns={"gold": "solution"})
    result = score_files(tmp_path / "run" / "completions", tmp_path / "out", settings=settings)
    assert result.rows == 2 * 2 * GENERATIONS
    for path in files:
        out = read(tmp_path / "out" / path.name)
        texts = [cell if isinstance(cell, str) else cell[-1]["content"] for cell in out["completion"].to_pylist()]
        rewards = [
            medreward.score_one(text, gold=gold) for text, gold in zip(texts, out["solution"].to_pylist(), strict=True)
        ]
        assert out["reward"].to_pylist() == rewards
        groups = out["group_id"].to_pylist()
        prompts = [str(prompt) for prompt in out["prompt"].to_pylist()]
        assert len({*groups}) == len({*prompts}) == 2
        assert len({*zip(groups, prompts, strict=True)}) == 2
        assert verify(tmp_path / "out" / path.name).is_reproducible
    assert any("derived" in note for note in result.notes)
