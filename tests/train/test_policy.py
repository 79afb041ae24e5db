"""Policies from directories: what is loaded, what it may write, and what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

torch = pytest.importorskip("torch", reason="the extra train is not installed")
transformers = pytest.importorskip("transformers", reason="the extra train is not installed")

from medreward.errors import InputError, TrainingError
from medreward.train import probe
from medreward.train.config import PolicyConfig, TrainConfig
from medreward.train.policy import Policy, load_policy, pick_device
from medreward.train.probe import probe_longest
from medreward.train.prompts import encode_prompts
from medreward.train.tiny import byte_tokenizer
from tests.train.small import FAMILIES, config, items, policy, save

CPU = torch.device("cpu")


@pytest.mark.parametrize("family", FAMILIES)
def test_a_saved_policy_comes_back_the_same(tmp_path: Path, family: str) -> None:
    made = policy(family)
    again = load_policy(PolicyConfig(model=str(save(made, tmp_path))), CPU)
    assert again.has_vision == made.has_vision
    assert again.stop_ids.tolist() == made.stop_ids.tolist()
    assert again.banned.tolist() == made.banned.tolist()
    assert all(torch.equal(a, b) for a, b in zip(again.parameters(), made.parameters(), strict=True))
    few = items(2, images=made.has_vision)
    assert torch.equal(encode_prompts(again, few, "paper").ids, encode_prompts(made, few, "paper").ids)


def test_weights_and_image_sizes_are_what_the_settings_say(tmp_path: Path) -> None:
    place = str(save(policy(), tmp_path))
    made = load_policy(PolicyConfig(model=place, dtype="bfloat16", max_pixels=784, gradient_checkpointing=True), CPU)
    assert {parameter.dtype for parameter in made.parameters()} == {torch.bfloat16}
    found = encode_prompts(made, items(1), "plain")
    assert found.images is not None
    assert found.images.tokens == (1,)
    assert made.image_tokens(items(1)[0]) == 1


@pytest.mark.parametrize("size", [28, 56, 100, 300])
def test_the_tokens_of_an_image_are_known_from_its_size(size: int) -> None:
    from dataclasses import replace

    from tests.train.small import png

    made = policy()
    item = replace(items(1)[0], image=png((9, 9, 9), size))
    found = encode_prompts(made, [item], "plain")
    assert found.images is not None
    assert (made.image_tokens(item),) == found.images.tokens


def test_control_tokens_and_rows_without_a_token_are_banned_and_tags_are_not() -> None:
    made = policy()
    wider = policy()
    wider.model.resize_token_embeddings(len(made.tokenizer) + 5)
    wider = Policy(wider.model, wider.tokenizer, wider.images)
    known = made.tokenizer.get_vocab()
    banned = {*wider.banned.tolist()}
    assert banned >= {known[name] for name in ("<|image_pad|>", "<|video_pad|>", "<|im_start|>", "<|endoftext|>")}
    assert banned >= {*range(len(made.tokenizer), len(made.tokenizer) + 5)}
    assert not banned & {known[name] for name in ("<think>", "</think>", "<answer>", "</answer>", "<|im_end|>")}


def test_further_stop_and_banned_tokens_are_named() -> None:
    made = policy("qwen2")
    known = made.tokenizer.get_vocab()
    again = Policy(made.model, made.tokenizer, stop=["</answer>"], ban=["Z"])
    assert known["</answer>"] in again.stop_ids.tolist()
    assert known["Z"] in again.banned.tolist()
    with pytest.raises(InputError, match="<nothing>"):
        Policy(made.model, made.tokenizer, stop=["<nothing>"])


def test_a_model_that_does_more_between_its_parts_is_refused() -> None:
    shape = transformers.Gemma2Config(
        vocab_size=267,
        hidden_size=32,
        intermediate_size=64,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        head_dim=8,
        final_logit_softcapping=0.01,
        attn_implementation="eager",
    )
    with pytest.raises(InputError) as caught:
        Policy(transformers.Gemma2ForCausalLM(shape), byte_tokenizer())
    assert caught.value.code == "unsupported_model"


def test_a_model_that_is_not_there_or_not_known_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="nowhere") as caught:
        load_policy(PolicyConfig(model=str(tmp_path / "nowhere")), CPU)
    assert caught.value.code == "no_model"
    (tmp_path / "config.json").write_text('{"model_type": "llava"}')
    with pytest.raises(InputError, match="llava") as other:
        load_policy(PolicyConfig(model=str(tmp_path)), CPU)
    assert other.value.code == "unsupported_model"


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU here")
def test_a_gpu_that_is_not_there_is_an_error() -> None:
    assert pick_device("auto") == CPU
    with pytest.raises(InputError, match="cuda") as caught:
        pick_device("cuda")
    assert caught.value.code == "no_gpu"


def test_a_gpu_beyond_those_there_are_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    assert pick_device("cuda:1") == torch.device("cuda", 1)
    with pytest.raises(InputError, match="cuda:0 to cuda:1") as caught:
        pick_device("cuda:2")
    assert caught.value.code == "no_gpu"


def test_dropout_is_switched_off() -> None:
    shape = transformers.Qwen2Config(
        vocab_size=267,
        hidden_size=32,
        intermediate_size=64,
        num_hidden_layers=1,
        num_attention_heads=4,
        num_key_value_heads=2,
        attention_dropout=0.5,
    )
    made = Policy(transformers.Qwen2ForCausalLM(shape).train(), byte_tokenizer())
    ids = torch.arange(8)[None]
    assert torch.equal(made.model(input_ids=ids).logits, made.model(input_ids=ids).logits)


def test_the_probe_changes_nothing() -> None:
    made = policy()
    before = [parameter.clone() for parameter in made.parameters()]
    probe_longest(made, items(2), config())
    assert all(torch.equal(a, b) for a, b in zip(before, made.parameters(), strict=True))
    assert all(parameter.grad is None for parameter in made.parameters())


@pytest.mark.parametrize(("rows", "room", "found"), [(8, 8, 8), (8, 3, 2), (6, 4, 3), (6, 1, 1)])
def test_the_probe_halves_the_micro_batch_until_it_fits(
    monkeypatch: pytest.MonkeyPatch, rows: int, room: int, found: int
) -> None:
    def limited(_: object, batch: object, run: TrainConfig, *__: object) -> None:
        if run.micro_batch > room:
            raise torch.OutOfMemoryError("tried to allocate 80 GiB")

    monkeypatch.setattr(probe, "accumulate", limited)
    run = config(sampling={"prompts": 2, "samples": rows // 2})
    assert probe_longest(policy(), items(2), run) == found


@pytest.mark.parametrize(("given", "loss"), [({"micro_batch": 4}, {}), ({}, {"kind": "bnpo"})])
def test_the_probe_leaves_a_micro_batch_that_is_set_or_may_not_be_split(
    monkeypatch: pytest.MonkeyPatch, given: dict[str, int], loss: dict[str, str]
) -> None:
    tried: list[int] = []

    def full(_: object, batch: object, run: TrainConfig, *__: object) -> None:
        tried.append(run.micro_batch)
        raise torch.OutOfMemoryError("tried to allocate 80 GiB")

    monkeypatch.setattr(probe, "accumulate", full)
    with pytest.raises(TrainingError):
        probe_longest(policy(), items(2), config(optimizer=given, loss=loss))
    assert tried == [given.get("micro_batch", 8)]


def test_memory_that_does_not_suffice_is_said_before_training(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise torch.OutOfMemoryError("tried to allocate 80 GiB")

    monkeypatch.setattr(probe, "accumulate", full)
    with pytest.raises(TrainingError, match=r"80 GiB(.|\n)*micro_batch") as caught:
        probe_longest(policy(), items(2), config())
    assert caught.value.code == "out_of_memory"
