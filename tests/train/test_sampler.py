"""What is sampled, what is recorded, and that both are what a plain forward of the model says."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

torch = pytest.importorskip("torch", reason="the extra train is not installed")

from medreward.errors import InputError, UsageError
from medreward.train.collect import generator_of
from medreward.train.data import open_image
from medreward.train.logprobs import score_completions
from medreward.train.policy import Policy
from medreward.train.prompts import Prompts, encode_prompts, prepare_images
from medreward.train.sampler import Plan, Samples, find_backend, sample
from tests.train.small import FAMILIES, items, policy

PLAN = Plan(samples=3, max_new_tokens=12)


def ask(made: Policy, count: int = 3) -> Prompts:
    return encode_prompts(made, items(count, images=made.has_vision), "plain")


def write(made: Policy, prompts: Prompts, plan: Plan = PLAN, seed: int = 0) -> Samples:
    with torch.no_grad():
        features = None if prompts.images is None else made.vision(prompts.images)
    return sample(made, prompts, features, plan, generator_of(made.device, seed, 1))


def score(made: Policy, prompts: Prompts, samples: Samples, temperature: float = 1.0) -> Any:
    with torch.no_grad():
        features = None if prompts.images is None else made.vision(prompts.images)
        rows = samples.prompt.tolist()
        return score_completions(made, prompts, features, rows, samples.ids, samples.mask, temperature, 5)[0]


def generate_inputs(made: Policy, prompts: Prompts) -> dict[str, Any]:
    found: dict[str, Any] = {"input_ids": prompts.ids, "attention_mask": prompts.mask}
    if prompts.images is not None:
        found["pixel_values"] = prompts.images.pixels
        found["image_grid_thw"] = prompts.images.grid
        found["mm_token_type_ids"] = (prompts.ids == made.image_token).int()
    return found


@pytest.mark.parametrize("temperature", [1.0, 0.7])
@pytest.mark.parametrize("family", FAMILIES)
def test_recorded_log_probabilities_are_those_of_a_scoring_forward(family: str, temperature: float) -> None:
    made = policy(family)
    prompts = ask(made)
    samples = write(made, prompts, replace(PLAN, temperature=temperature))
    assert torch.allclose(samples.logprobs, score(made, prompts, samples, temperature), atol=1e-5)
    assert samples.logprobs.min() < -1


@pytest.mark.parametrize("family", FAMILIES)
def test_recomputing_activations_changes_nothing_that_is_written(family: str) -> None:
    made = policy(family)
    prompts = ask(made)
    before = write(made, prompts)
    made.recompute_activations()
    after = write(made, prompts)
    assert torch.equal(after.ids, before.ids)
    assert torch.allclose(after.logprobs, score(made, prompts, after), atol=1e-5)
    assert made.model.training


@pytest.mark.parametrize("family", FAMILIES)
def test_log_probabilities_are_those_of_the_models_own_forward(family: str) -> None:
    made = policy(family)
    prompts = ask(made, 1)
    samples = write(made, prompts, replace(PLAN, samples=1))
    given = generate_inputs(made, prompts)
    ones = torch.ones_like(samples.ids)
    given["input_ids"] = torch.cat([prompts.ids, samples.ids], 1)
    given["attention_mask"] = torch.cat([prompts.mask, ones], 1)
    if "mm_token_type_ids" in given:
        given["mm_token_type_ids"] = torch.cat([given["mm_token_type_ids"], 0 * ones.int()], 1)
    with torch.no_grad():
        logits = made.model(**given).logits[:, -samples.ids.shape[1] - 1 : -1].double()
    logits[..., made.banned] = -torch.inf
    expected = logits.log_softmax(-1).gather(-1, samples.ids[..., None])[..., 0] * samples.mask
    assert torch.allclose(samples.logprobs.double(), expected, atol=1e-5)


@pytest.mark.parametrize("family", FAMILIES)
def test_greedy_sampling_writes_what_generate_writes(family: str) -> None:
    made = policy(family)
    prompts = ask(made, 4)
    ours = write(made, prompts, Plan(1, 12, greedy=True))
    made.model.eval()
    theirs = made.model.generate(
        **generate_inputs(made, prompts), max_new_tokens=12, do_sample=False, suppress_tokens=made.banned.tolist()
    )[:, prompts.ids.shape[1] :]
    assert torch.equal(ours.ids, theirs[:, : ours.ids.shape[1]])
    assert len({tuple(row) for row in ours.ids.tolist()}) > 1


def test_banned_tokens_are_never_written_and_have_no_probability() -> None:
    made = policy()
    prompts = ask(made, 2)
    with torch.no_grad():  # a head that wants nothing but placeholders
        made.head.weight[made.banned] *= 10
    samples = write(made, prompts, Plan(32, 12))
    written = samples.ids[samples.mask.bool()]
    assert made.image_token in made.banned.tolist()
    assert not torch.isin(written, made.banned).any()
    other = next(token for token in made.banned.tolist() if token != made.image_token)
    forced = replace(samples, ids=torch.where(samples.mask.bool(), other, samples.ids))
    assert (score(made, prompts, forced)[samples.mask.bool()] < -1e8).all()


def test_a_completion_ends_with_its_first_stop_token() -> None:
    made = policy()
    made.stop_ids = torch.arange(65, 91)  # capital letters end it
    prompts = ask(made, 2)
    samples = write(made, prompts, Plan(32, 30))
    for ids, mask, ended in zip(samples.ids.tolist(), samples.mask.tolist(), samples.ended.tolist(), strict=True):
        written = ids[: sum(mask)]
        assert mask == sorted(mask, reverse=True)
        assert not any(65 <= token <= 90 for token in written[:-1])
        assert ended == (65 <= written[-1] <= 90)
        assert ids[sum(mask) :] == [made.pad_id] * (len(ids) - sum(mask))
        assert made.texts([written]) == [made.tokenizer.decode(written[:-1] if ended else written)]
    assert 0 < sum(samples.ended.tolist()) < 64
    assert samples.mask.sum(-1).max() == samples.ids.shape[1]


def test_how_often_one_looks_for_the_end_changes_nothing() -> None:
    made = policy()
    made.stop_ids = torch.arange(0, 200)
    prompts = ask(made, 2)
    often, seldom = write(made, prompts, replace(PLAN, poll=1)), write(made, prompts, replace(PLAN, poll=100))
    assert often.ids.shape[1] < 12
    assert torch.equal(often.ids, seldom.ids)
    assert torch.equal(often.logprobs, seldom.logprobs)


def test_samples_stand_prompt_by_prompt() -> None:
    made = policy()
    assert write(made, ask(made, 3)).prompt.tolist() == [0, 0, 0, 1, 1, 1, 2, 2, 2]


def test_swapping_two_images_swaps_what_is_said_of_them_and_nothing_else() -> None:
    made = policy()
    first, second, third = (replace(item, question="Which?") for item in items(3))
    swapped = [replace(first, image=third.image), second, replace(third, image=first.image)]
    before = write(made, encode_prompts(made, [first, second, third], "plain"), replace(PLAN, samples=1, greedy=True))
    prompts = encode_prompts(made, swapped, "plain")
    same = replace(before, prompt=torch.arange(3))
    after = score(made, prompts, same)
    changed = ~torch.isclose(after, before.logprobs, atol=1e-5).all(-1)
    assert changed.tolist() == [True, False, True]
    crossed = replace(before, ids=before.ids[[2, 1, 0]], mask=before.mask[[2, 1, 0]])
    assert torch.allclose(score(made, prompts, crossed), before.logprobs[[2, 1, 0]], atol=1e-5)


def test_one_image_in_many_prompts_goes_through_the_tower_once() -> None:
    made = policy()
    several = [replace(item, image=items(1)[0].image) for item in items(4)]
    prompts = encode_prompts(made, several, "plain")
    assert prompts.images is not None
    assert (len(prompts.images.grid), prompts.images.of_prompt) == (1, (0, 0, 0, 0))
    alone = encode_prompts(made, several[2:3], "plain")
    samples = write(made, alone)
    assert torch.allclose(
        score(made, prompts, replace(samples, prompt=torch.full((3,), 2))), samples.logprobs, atol=1e-5
    )


def test_images_made_ready_ahead_are_those_of_all_together_and_are_used_once() -> None:
    made, asked = policy(), items(5)
    prepare_images(made, asked[1:3])
    assert len(made.ready) == 2
    prompts = encode_prompts(made, asked, "plain")
    together = made.images(images=[open_image(item) for item in asked], return_tensors="pt")
    assert prompts.images is not None
    assert torch.equal(prompts.images.pixels, together["pixel_values"])
    assert torch.equal(prompts.images.grid, together["image_grid_thw"])
    assert made.ready == {}


def test_a_damaged_image_is_left_for_its_step_to_name() -> None:
    made, broken = policy(), replace(items(1)[0], image=b"no picture")
    prepare_images(made, [broken])
    assert made.ready == {}
    with pytest.raises(InputError, match="q0"):
        encode_prompts(made, [broken], "plain")


@pytest.mark.parametrize("family", ["qwen2_vl", "qwen2"])
def test_left_padding_changes_no_log_probability(family: str) -> None:
    made = policy(family)
    few = items(4, images=made.has_vision)
    alone, together = encode_prompts(made, few[:1], "plain"), encode_prompts(made, few, "plain")
    assert together.ids.shape[1] > alone.ids.shape[1]
    samples = write(made, alone)
    assert torch.allclose(score(made, together, samples), samples.logprobs, atol=1e-5)


def test_the_same_seed_and_step_write_the_same() -> None:
    made = policy()
    prompts = ask(made)
    assert torch.equal(write(made, prompts, seed=4).ids, write(made, prompts, seed=4).ids)
    assert not torch.equal(write(made, prompts, seed=4).ids, write(made, prompts, seed=5).ids)


def test_every_seed_and_step_has_a_chance_of_its_own() -> None:
    pairs = [(seed, step) for seed in range(20) for step in range(20)]
    drawn = {tuple(torch.rand(4, generator=generator_of(torch.device("cpu"), *pair)).tolist()) for pair in pairs}
    assert len(drawn) == len(pairs)


def test_tokens_are_drawn_with_their_probabilities() -> None:
    from medreward.train.sampler import choose

    logp = torch.tensor([0.5, 0.3, 0.2, 0.0]).log().clamp(min=-1e9).expand(20_000, 4)
    drawn = choose(logp, torch.Generator().manual_seed(1), greedy=False)
    shares = torch.bincount(drawn, minlength=4) / 20_000
    assert torch.allclose(shares, torch.tensor([0.5, 0.3, 0.2, 0.0]), atol=0.015)  # four standard errors
    assert shares[3] == 0


def test_an_unknown_backend_is_named_with_the_known_ones() -> None:
    with pytest.raises(UsageError, match="warp") as caught:
        find_backend("warp")
    assert caught.value.expected == "eager, static"
