"""The static decode backend writes what the eager one writes; without a GPU its step runs without being captured."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest

torch = pytest.importorskip("torch", reason="the extra train is not installed")
transformers = pytest.importorskip("transformers", reason="the extra train is not installed")

from medreward.train import static as backend
from medreward.train.collect import generator_of
from medreward.train.decoding import DecodeError, Plan, Samples, prefill
from medreward.train.policy import Policy
from medreward.train.prompts import Prompts, encode_prompts
from medreward.train.sampler import BACKENDS, find_backend, sample
from medreward.train.slots import grouped_attention
from medreward.train.static import Decoder
from medreward.train.tiny import byte_tokenizer
from tests.train.small import FAMILIES, items, policy

STATIC = Plan(samples=3, max_new_tokens=12, backend="static")
ROUNDING = 1e-5  # nats, in float32: masked slots add zeros, which moves where sums are cut


def ask(made: Policy, count: int = 3, first: int = 0) -> Prompts:
    return encode_prompts(made, items(first + count, images=made.has_vision)[first:], "plain")


def features_of(made: Policy, prompts: Prompts) -> Any:
    with torch.no_grad():
        return None if prompts.images is None else made.vision(prompts.images)


def write(made: Policy, prompts: Prompts, plan: Plan = STATIC, seed: int = 0) -> Samples:
    return sample(made, prompts, features_of(made, prompts), plan, generator_of(made.device, seed, 1))


def both(made: Policy, prompts: Prompts, plan: Plan) -> tuple[Samples, Samples]:
    """What the two backends write with the same draws."""
    return write(made, prompts, replace(plan, backend="static")), write(made, prompts, replace(plan, backend="eager"))


def assert_same(static: Samples, eager: Samples) -> None:
    assert static.note == eager.note == ""
    assert torch.equal(static.ids, eager.ids)
    assert torch.equal(static.mask, eager.mask)
    assert torch.equal(static.ended, eager.ended)
    assert torch.equal(static.prompt, eager.prompt)
    assert torch.allclose(static.logprobs, eager.logprobs, atol=ROUNDING)


@pytest.mark.parametrize("greedy", [True, False])
@pytest.mark.parametrize("family", FAMILIES)
def test_both_backends_write_the_same_tokens_with_the_same_draws(family: str, greedy: bool) -> None:
    made = policy(family)
    prompts = ask(made, 4)
    assert prompts.mask.sum(-1).unique().numel() > 1  # some are padded on the left
    static, eager = both(made, prompts, replace(STATIC, greedy=greedy, temperature=0.8))
    assert_same(static, eager)
    assert static.logprobs.min() < -0.1


def test_rows_end_each_at_its_own_stop_token() -> None:
    made = policy()
    made.stop_ids = torch.arange(65, 91)
    static, eager = both(made, ask(made, 2), Plan(32, 30))
    assert_same(static, eager)
    assert 0 < int(static.ended.sum()) < 64
    assert static.lengths.unique().numel() > 5


def test_it_stops_when_every_row_has_ended() -> None:
    made = policy()
    made.stop_ids = torch.arange(0, 200)
    steps: list[int] = []
    kept = Decoder.step

    def counted(self: Decoder, reach: int) -> None:
        steps.append(reach)
        kept(self, reach)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Decoder, "step", counted)
        static = write(made, ask(made), replace(STATIC, max_new_tokens=200, poll=4))
    assert static.ended.all()
    assert len(steps) < 60
    assert_same(static, write(made, ask(made), Plan(3, 200, poll=4)))


@pytest.mark.parametrize("family", ["qwen2_vl", "qwen2"])
def test_a_step_looks_no_further_than_the_blocks_in_use(family: str, monkeypatch: pytest.MonkeyPatch) -> None:
    made = policy(family)
    prompts = ask(made)
    length = prompts.ids.shape[1]
    monkeypatch.setattr(backend, "BLOCK", 8)
    reaches: list[int] = []
    kept = Decoder.step

    def counted(self: Decoder, reach: int) -> None:
        reaches.append(reach)
        kept(self, reach)

    monkeypatch.setattr(Decoder, "step", counted)
    static = write(made, prompts, replace(STATIC, max_new_tokens=20))
    assert_same(static, write(made, prompts, Plan(3, 20)))
    assert reaches[-20:] == [(length + step) // 8 * 8 + 8 for step in range(20)]


def test_buffers_are_used_again_and_nothing_of_before_shows() -> None:
    made = policy()
    first = write(made, ask(made, 2, first=2), seed=1)
    kept = first.ids.clone(), first.logprobs.clone()
    shorter = write(made, ask(made, 2))
    assert len(made.kept["decoders"]) == 1
    assert_same(shorter, write(made, ask(made, 2), replace(STATIC, backend="eager")))
    assert torch.equal(first.ids, kept[0])
    assert torch.equal(first.logprobs, kept[1])


def test_buffers_of_no_more_than_two_shapes_are_kept() -> None:
    made = policy("qwen2")
    for count in (1, 2, 3, 1):
        write(made, ask(made, count))
    assert len(made.kept["decoders"]) == 2


def test_weights_that_change_in_place_are_the_ones_that_write() -> None:
    made = policy()
    before = write(made, ask(made))
    with torch.no_grad():
        for parameter in made.parameters():
            parameter.add_(0.05 * torch.randn(parameter.shape, generator=torch.Generator().manual_seed(3)))
    after = write(made, ask(made))
    assert not torch.equal(after.ids, before.ids)
    assert_same(after, write(made, ask(made), replace(STATIC, backend="eager")))


def test_under_autocast_both_backends_write_alike() -> None:
    made = policy(sharpness=1.0)
    mixed = Policy(made.model, made.tokenizer, made.images, autocast=True)
    static, eager = both(mixed, ask(mixed), replace(STATIC, greedy=True))
    assert static.note == ""
    same = (static.ids == eager.ids).cumprod(-1).bool()
    assert float((static.logprobs - eager.logprobs)[same].abs().mean()) < 0.02


def test_in_bf16_recorded_log_probabilities_are_near_those_of_the_eager_backend() -> None:
    made = policy("qwen2", sharpness=1.0)
    wide = Policy(made.model.to(torch.bfloat16), made.tokenizer)
    static, eager = both(wide, ask(wide), replace(STATIC, greedy=True))
    same = (static.ids == eager.ids).cumprod(-1).bool()  # after a first difference the two write different texts
    assert float((static.logprobs - eager.logprobs)[same].abs().mean()) < 0.02


def test_no_step_asks_the_host_for_a_value() -> None:
    """What a capture would refuse: reading a value off the device, or a size that depends on one."""
    asked: list[str] = []

    watching: Any = importlib.import_module("torch.utils._python_dispatch").TorchDispatchMode

    class Watched(watching):  # type: ignore[misc]
        def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
            if func._schema.name in {"aten::_local_scalar_dense", "aten::nonzero", "aten::masked_select"}:
                asked.append(func._schema.name)
            return func(*args, **(kwargs or {}))

    made = policy()
    write(made, ask(made))
    decoder = next(iter(made.kept["decoders"].values()))
    decoder.slots.at.zero_()
    decoder.column.zero_()
    with torch.no_grad(), Watched():
        decoder._runs[128]()
        assert asked == []
        bool(decoder.ended.all())
    assert asked == ["aten::_local_scalar_dense"]


def test_query_heads_that_share_keys_attend_as_if_keys_were_repeated() -> None:
    chance = torch.Generator().manual_seed(0)
    query = torch.randn(2, 6, 1, 8, generator=chance)
    keys, values = (torch.randn(2, 2, 5, 8, generator=chance) for _ in range(2))
    mask = torch.tensor([[1, 1, 0, 1, 0], [0, 1, 1, 1, 1]]).bool()[:, None, None]
    bias = torch.zeros(mask.shape).masked_fill(~mask, -torch.inf)
    found, _ = grouped_attention(None, query, keys, values, bias, scaling=0.3)
    for row in range(2):
        for head in range(6):
            scores = (query[row, head, 0] @ keys[row, head // 3].T * 0.3).masked_fill(~mask[row, 0, 0], -torch.inf)
            expected = scores.softmax(-1) @ values[row, head // 3]
            assert torch.allclose(found[row, 0, head], expected, atol=1e-6)


def sliding() -> Policy:
    shape = transformers.Qwen2Config(
        vocab_size=267,
        hidden_size=32,
        intermediate_size=64,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        use_sliding_window=True,
        sliding_window=4,
        max_window_layers=1,
    )
    tokenizer = byte_tokenizer()
    made = transformers.Qwen2ForCausalLM(shape)
    made.generation_config.eos_token_id = tokenizer.eos_token_id
    return Policy(made, tokenizer)


def test_a_model_whose_cache_is_of_another_kind_is_decoded_eagerly_and_the_note_says_so() -> None:
    made = sliding()
    static, eager = write(made, ask(made)), write(made, ask(made), Plan(3, 12))
    assert torch.equal(static.ids, eager.ids)
    assert static.note.startswith("completions are written by the eager decode backend, since its cache is more than")
    assert "Sliding" in static.note
    assert "\n" not in static.note


def test_a_model_that_promises_no_fixed_cache_is_decoded_eagerly(monkeypatch: pytest.MonkeyPatch) -> None:
    made = policy("qwen2")
    monkeypatch.setattr(type(made.model), "_can_compile_fullgraph", False)
    assert "Qwen2ForCausalLM does not say" in write(made, ask(made)).note


def test_a_capture_that_fails_is_tried_once_and_then_left(monkeypatch: pytest.MonkeyPatch) -> None:
    made, tried = policy(), []

    def fails(self: Decoder, step: Any) -> Any:
        tried.append(1)
        raise DecodeError("its step cannot be captured as a CUDA graph: operation not permitted")

    monkeypatch.setattr(Decoder, "_tried", fails)
    first, second = write(made, ask(made)), write(made, ask(made))
    assert first.note == second.note
    assert "operation not permitted" in first.note
    assert tried == [1]
    assert torch.equal(first.ids, write(made, ask(made), Plan(3, 12)).ids)


def test_what_a_capture_raises_becomes_a_reason_and_too_little_memory_does_not(monkeypatch: pytest.MonkeyPatch) -> None:
    @contextmanager
    def nothing(*_: object) -> Iterator[None]:
        yield

    class Stream:
        def wait_stream(self, _: object) -> None: ...

    monkeypatch.setattr(torch.cuda, "Stream", Stream)
    monkeypatch.setattr(torch.cuda, "current_stream", Stream)
    monkeypatch.setattr(torch.cuda, "stream", nothing)

    def refused() -> None:
        raise RuntimeError("operation not permitted when stream is capturing\nmore")

    def full() -> None:
        raise torch.OutOfMemoryError("80 GiB")

    with pytest.raises(DecodeError, match=r"CUDA graph: operation not permitted when stream is capturing$"):
        backend.captured(refused, None)
    with pytest.raises(torch.OutOfMemoryError):
        backend.captured(full, None)


def test_attention_that_wants_more_is_a_reason_not_to_use_it() -> None:
    ones = torch.ones(1, 2, 1, 4)
    with pytest.raises(DecodeError, match="sliding_window"):
        grouped_attention(None, ones, ones, ones, torch.zeros(1, 1, 1, 1), sliding_window=4)


def test_the_models_own_attention_is_in_place_again_afterwards() -> None:
    made = policy()
    before = made.body.config._attn_implementation
    write(made, ask(made))
    assert made.body.config._attn_implementation == before == "sdpa"


def test_auto_is_static_on_a_gpu_only() -> None:
    assert find_backend("auto", torch.device("cuda")) is BACKENDS["static"]
    assert find_backend("auto", torch.device("cpu")) is find_backend("auto") is BACKENDS["eager"]


def test_a_prefill_is_left_as_it_was() -> None:
    made = policy()
    prompts = ask(made)
    with torch.no_grad(), made.reading():
        start = prefill(made, prompts, features_of(made, prompts))
        before = [layer.keys.clone() for layer in start.cache.layers]
        BACKENDS["static"](made, start, STATIC, generator_of(made.device, 0, 1))
    assert all(torch.equal(a, layer.keys) for a, layer in zip(before, start.cache.layers, strict=True))
