"""TRL 1.16.0 as a second opinion: the same batch, the same model, the same loss and the same gradient."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

import pytest

torch = pytest.importorskip("torch", reason="the extra train is not installed")
trl = pytest.importorskip("trl", "1.16.0", reason="TRL 1.16.0 is not installed: pip install 'medreward[test-train]'")

from medreward.train.config import LossConfig
from medreward.train.logprobs import score_completions
from medreward.train.losses import Totals, policy_loss
from medreward.train.policy import Policy
from medreward.train.prompts import Prompts
from tests.train.small import policy

pytestmark = pytest.mark.filterwarnings("ignore")  # TRL's own

B, P, T, LONGEST = 8, 6, 10, 12
CLIP_LOW, CLIP_HIGH = 0.2, 0.28

CASES = [
    LossConfig(kind=kind, level=level, beta=beta, kl_correction=correction, clip_low=CLIP_LOW, clip_high=CLIP_HIGH)
    for kind, level, (beta, correction) in itertools.product(
        ("grpo", "bnpo", "dr_grpo", "dapo", "cispo"), ("token", "sequence"), ((0.0, True), (0.04, False), (0.04, True))
    )
]
CASES += [case.model_copy(update={"delta": 1.5}) for case in CASES if case.kind in ("grpo", "dapo") and not case.beta]


@pytest.fixture(scope="module")
def learner() -> Policy:
    made = policy("qwen2", sharpness=2.0)
    made.model = made.model.double()  # rounding must not hide a difference
    made.banned = torch.zeros(0, dtype=torch.long)  # TRL bans nothing
    return made


@pytest.fixture(scope="module")
def batch(learner: Policy) -> dict[str, Any]:
    """Hand-made: prompts padded on the left, completions on the right, written by another policy."""
    chance = torch.Generator().manual_seed(1)
    ids = torch.randint(0, 200, (B, P + T), generator=chance)
    prompt_mask, lengths = torch.ones(B, P, dtype=torch.long), torch.tensor([10, 3, 7, 1, 9, 2, 10, 5])
    prompt_mask[::2, :2] = 0
    mask = (torch.arange(T) < lengths[:, None]).long()
    ids[:, :P][prompt_mask == 0] = learner.pad_id
    ids[:, P:][mask == 0] = learner.pad_id
    noise = 0.4 * torch.randn(2, B, T, generator=chance, dtype=torch.float64)
    advantages = torch.tensor([1.5, -0.5, -0.5, -0.5, 0.0, 1.2, -0.2, -1.0], dtype=torch.float64)
    found = {"ids": ids, "prompt_mask": prompt_mask, "mask": mask, "advantages": advantages}
    with torch.no_grad():
        logp = ours(learner, found)
    return {**found, "old": logp + noise[0], "ref": logp + noise[1]}


def ours(learner: Policy, batch: dict[str, Any]) -> Any:
    positions, after = learner.positions(batch["ids"][:, :P], batch["prompt_mask"], None)
    prompts = Prompts(batch["ids"][:, :P], batch["prompt_mask"], positions, after)
    return score_completions(learner, prompts, None, list(range(B)), batch["ids"][:, P:], batch["mask"], 1.0, 13)[0]


def trl_trainer(learner: Policy, case: LossConfig, folder: Path) -> Any:
    from datasets import Dataset
    from trl import GRPOConfig, GRPOTrainer

    arguments = GRPOConfig(
        output_dir=str(folder),
        use_cpu=True,
        bf16=False,
        gradient_checkpointing=False,
        per_device_train_batch_size=B,
        num_generations=4,
        max_completion_length=LONGEST,
        report_to="none",
        loss_type=case.kind,
        importance_sampling_level=case.level,
        epsilon=case.clip_low,
        epsilon_high=1 + case.clip_high if case.kind == "cispo" else case.clip_high,
        delta=case.delta,
        use_bias_correction_kl=case.kl_correction,
    )
    questions = Dataset.from_list([{"prompt": "?"} for _ in range(B)])
    trainer = GRPOTrainer(
        model=learner.model,
        reward_funcs=lambda completions, **_: [0.0] * len(completions),
        args=arguments,
        train_dataset=questions,
        processing_class=learner.tokenizer,
    )
    trainer.beta = (
        case.beta
    )  # given here, it asks for no second model: the reference's log-probabilities are in the batch
    trainer.current_gradient_accumulation_steps = 1
    return trainer


def gradient_of(learner: Policy, loss: Any) -> Any:
    learner.model.zero_grad()
    loss.backward()
    return torch.cat([parameter.grad.flatten().clone() for parameter in learner.parameters()])


@pytest.mark.parametrize(
    "case", CASES, ids=lambda case: f"{case.kind}-{case.level}-{case.beta}-{case.kl_correction}-{case.delta}"
)
def test_loss_and_gradient_equal_trls(learner: Policy, batch: dict[str, Any], case: LossConfig, tmp_path: Path) -> None:
    trainer = trl_trainer(learner, case, tmp_path)
    given = {
        "prompt_ids": batch["ids"][:, :P],
        "prompt_mask": batch["prompt_mask"],
        "completion_ids": batch["ids"][:, P:],
        "completion_mask": batch["mask"],
        "advantages": batch["advantages"],
        "old_per_token_logps": batch["old"],
        "ref_per_token_logps": batch["ref"],
        "num_items_in_batch": batch["mask"].sum(),
    }
    theirs = trainer._compute_loss(trainer.model.train(), given)
    their_gradient = gradient_of(learner, theirs)
    mask, totals = batch["mask"].double(), Totals(B, float(batch["mask"].sum()), LONGEST)
    loss = policy_loss(ours(learner, batch), batch["old"], batch["advantages"], mask, case, totals, batch["ref"])
    gradient = gradient_of(learner, loss.value)
    assert abs(loss.value.item() - theirs.item()) <= 1e-6 * abs(theirs.item())
    assert (gradient - their_gradient).norm() <= 1e-6 * their_gradient.norm()
    assert their_gradient.norm() > 1e-3


def test_the_batch_is_off_policy_enough_to_clip_on_both_sides(learner: Policy, batch: dict[str, Any]) -> None:
    mask, totals = batch["mask"].double(), Totals(B, float(batch["mask"].sum()), LONGEST)
    loss = policy_loss(ours(learner, batch), batch["old"], batch["advantages"], mask, CASES[0], totals)
    assert loss.sums["clip_low"] > 0
    assert loss.sums["clip_high"] > 0


def test_a_split_batch_equals_trls_whole_one(learner: Policy, batch: dict[str, Any], tmp_path: Path) -> None:
    case = LossConfig(kind="dapo", clip_low=CLIP_LOW, clip_high=CLIP_HIGH)
    whole = trl_trainer(learner, case, tmp_path)._compute_loss(
        learner.model.train(),
        {
            "prompt_ids": batch["ids"][:, :P],
            "prompt_mask": batch["prompt_mask"],
            "completion_ids": batch["ids"][:, P:],
            "completion_mask": batch["mask"],
            "advantages": batch["advantages"],
            "old_per_token_logps": batch["old"],
            "num_items_in_batch": batch["mask"].sum(),
        },
    )
    mask, totals = batch["mask"].double(), Totals(B, float(batch["mask"].sum()), LONGEST)
    logp = ours(learner, batch)
    parts = [
        policy_loss(logp[at], batch["old"][at], batch["advantages"][at], mask[at], case, totals).value
        for at in (slice(0, 3), slice(3, 4), slice(4, 8))
    ]
    assert abs(sum(parts).item() - whole.item()) <= 1e-6 * abs(whole.item())
