"""Whole runs of a small policy: what they leave behind, how they go on, and how they end when something is wrong."""

from __future__ import annotations

import json
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

import pyarrow.parquet as pq
import pytest

torch = pytest.importorskip("torch", reason="the extra train is not installed")

from medreward import DocumentError, InputError, OutputError, RuleError, Scorer, TrainingError, load_document
from medreward.rewards import REWARDS, Gold, Reward, Values
from medreward.rollouts import score_files
from medreward.scoring import InputSettings
from medreward.text import Reading
from medreward.train import setup, train
from medreward.train.config import TrainConfig, load_config
from medreward.train.data import Item
from medreward.train.loop import Report, Result
from medreward.train.metrics import METRICS, meaning
from medreward.train.policy import Policy
from medreward.train.rails import Warned
from medreward.train.rollouts import COLUMNS
from medreward.train.setup import Start
from tests.train.small import config, items, policy, save

TIMES = {"seconds_sample", "seconds_reward", "seconds_update", "tokens_per_second"}


def run(
    folder: Path, *, resume: bool = False, start: Start | None = None, hooks: Sequence[Any] = (), **given: Any
) -> Result:
    sections = {**given, "run": {"output": str(folder), **given.get("run", {})}}
    made = start or Start(policy(), items(5), items(3))
    return train(config(**sections), start=made, resume=resume, hooks=hooks)


def numbers(result: Result) -> list[dict[str, Any]]:
    return [{name: value for name, value in line.items() if name not in TIMES} for line in result.metrics]


def test_a_run_leaves_rollouts_metrics_a_checkpoint_a_model_and_a_curve(tmp_path: Path) -> None:
    made = run(tmp_path / "run")
    found = {str(path.relative_to(made.folder)) for path in made.folder.rglob("*") if path.is_file()}
    assert found >= {
        "run.json",
        "metrics.jsonl",
        "curve.svg",
        "rollouts/step-000001.parquet",
        "rollouts/step-000002.parquet",
        "held_out/step-000000.parquet",
        "held_out/step-000002.parquet",
        "checkpoints/step-000002/state.pt",
        "model/config.json",
        "model/model.safetensors",
    }
    assert [line["step"] for line in made.metrics] == [0, 1, 2]
    assert [json.loads(line) for line in (made.folder / "metrics.jsonl").read_text().splitlines()] == made.metrics


def test_written_rewards_are_those_of_the_score_command(tmp_path: Path) -> None:
    made = run(tmp_path / "run", reward={"document": "mcq"}, run={"steps": 3})
    score_files(made.folder / "rollouts", tmp_path / "again", reward="mcq")
    for step in (1, 2, 3):
        name = f"step-{step:06d}.parquet"
        before, after = pq.read_table(made.folder / "rollouts" / name), pq.read_table(tmp_path / "again" / name)
        assert before.num_rows == 8
        assert before.column_names == after.column_names
        assert before.equals(after)
        assert made.metrics[step]["reward"] == sum(after["reward"].to_pylist()) / 8


def test_rollouts_hold_what_the_glossary_says(tmp_path: Path) -> None:
    made = run(tmp_path / "run", sampling={"max_new_tokens": 6})
    table = pq.read_table(made.folder / "rollouts" / "step-000001.parquet")
    rows = table.to_pylist()
    assert table.column_names[: len(COLUMNS)] == [*COLUMNS]
    assert [row["sample"] for row in rows] == [0, 1, 2, 3] * 2
    assert len({row["group_id"] for row in rows[:4]}) == len({row["group_id"] for row in rows[4:]}) == 1
    known = {item.id: item for item in items(5)}
    tokenizer = policy().tokenizer
    for row in rows:
        item = known[row["question_id"]]
        assert (row["gold"], row["options"], row["step"]) == (item.gold, [*item.options.values()], 1)
        assert row["completion_tokens"] == len(row["token_ids"]) <= 6
        assert row["finish_reason"] == ("stop" if row["token_ids"][-1] == tokenizer.eos_token_id else "length")
        assert row["logprob_sum"] < 0
        kept = row["token_ids"][:-1] if row["finish_reason"] == "stop" else row["token_ids"]
        assert row["completion"] == tokenizer.decode(kept)
    known_digest = json.loads(table.schema.metadata[b"medreward.document"])
    assert load_document(known_digest).digest == load_document("medvlm-r1").digest


def test_every_logged_metric_is_in_the_glossary_and_every_entry_is_logged_somewhere(tmp_path: Path) -> None:
    made = run(tmp_path / "run", start=Start(unfinished(), items(5), items(2)), loss={"beta": 0.1})
    logged = {name for line in made.metrics for name in line}
    assert all(meaning(name) for name in logged)
    assert {*METRICS} - logged == {"reward_<component>", "peak_gib"}  # the last on a GPU alone


def unfinished() -> Any:
    """A policy that is always cut off, which is warned about."""
    made = policy()
    made.banned = torch.cat([made.banned, made.stop_ids])
    return made


def test_a_resumed_run_is_bit_for_bit_one_that_was_not_interrupted(tmp_path: Path) -> None:
    sections: dict[str, Any] = {
        "reward": {"document": reward_file(tmp_path, Variety())},
        "loss": {"beta": 0.05},
        "optimizer": {"passes": 2, "schedule": "cosine", "lr": 1e-2},
        "run": {"steps": 6, "save_every": 2},
    }
    whole = run(tmp_path / "whole", **sections)

    class Stopped(BaseException):
        pass

    def stop(report: Report) -> None:
        if report.step == 5:
            raise Stopped

    with pytest.raises(Stopped):
        run(tmp_path / "parts", hooks=[stop], **sections)
    assert (tmp_path / "parts" / "rollouts" / "step-000005.parquet").exists()
    later = policy()  # a fresh process: its weights, and torch's own generator, are somewhere else
    torch.rand(100)
    with torch.no_grad():
        later.head.weight.zero_()
    parts = run(tmp_path / "parts", start=Start(later, items(5), items(3)), resume=True, **sections)
    assert numbers(parts) == numbers(whole)
    assert all(line["grad_norm"] > 0 for line in whole.metrics[1:])
    for name in ("rollouts", "held_out"):
        files = sorted(path.name for path in (whole.folder / name).iterdir())
        assert files == sorted(path.name for path in (parts.folder / name).iterdir())
        assert all(pq.read_table(whole.folder / name / f).equals(pq.read_table(parts.folder / name / f)) for f in files)
    states = [torch.load(made.folder / "checkpoints/step-000006/state.pt") for made in (whole, parts)]
    assert all(torch.equal(a, b) for a, b in zip(states[0]["model"].values(), states[1]["model"].values(), strict=True))
    moments = [[v for entry in state["optimizer"]["state"].values() for v in entry.values()] for state in states]
    assert all(torch.equal(a, b) for a, b in zip(*moments, strict=True))


def test_a_run_goes_on_only_with_the_settings_it_began_with(tmp_path: Path) -> None:
    run(tmp_path / "run")
    assert run(tmp_path / "run", resume=True, run={"steps": 3}).metrics[-1]["step"] == 3
    with pytest.raises(DocumentError, match=r"optimizer\.lr: 0\.001, now 0\.1") as caught:
        run(tmp_path / "run", resume=True, optimizer={"lr": 0.1})
    assert caught.value.code == "config_changed"
    with pytest.raises(InputError) as nothing:
        run(tmp_path / "other", resume=True)
    assert nothing.value.code == "nothing_to_resume"


def test_a_run_on_the_static_backend_is_the_run_on_the_eager_one(tmp_path: Path) -> None:
    static = run(tmp_path / "static", sampling={"backend": "static"})
    eager = run(tmp_path / "eager", sampling={"backend": "eager"})
    assert "eager_decode" not in static.metrics[1].get("warnings", [])
    ids = [pq.read_table(made.folder / "rollouts")["token_ids"].to_pylist() for made in (static, eager)]
    assert ids[0] == ids[1]


def test_the_size_of_micro_batches_that_the_probe_found_is_used_and_written_down(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(setup, "probe_longest", lambda *_: 3)
    run(tmp_path / "run", run={"probe": "always"})
    assert json.loads((tmp_path / "run/run.json").read_text())["config"]["optimizer"]["micro_batch"] == 3


def test_the_images_of_the_next_step_are_made_ready_during_this_one(tmp_path: Path) -> None:
    made, seen = policy(), []
    cut = made.images

    class Watched:
        merge_size, patch_size, size = cut.merge_size, cut.patch_size, cut.size

        def __call__(self, **given: Any) -> Any:
            seen.append(threading.current_thread() is threading.main_thread())
            return cut(**given)

        def save_pretrained(self, place: Path) -> None: ...

    made.images = Watched()
    run(tmp_path / "run", start=Start(made, items(6)), run={"steps": 3})
    assert sorted(seen) == [False] * 4 + [True] * 2  # two images a step, and only the first step waits for its own
    assert made.ready == {}


def test_rollouts_that_cannot_be_written_end_the_run_at_their_step(tmp_path: Path) -> None:
    def block(report: Report) -> None:
        if report.step == 1:
            (tmp_path / "run/rollouts").rename(tmp_path / "run/first")
            (tmp_path / "run/rollouts").write_text("a file where a folder should be")

    with pytest.raises((OutputError, OSError)):
        run(tmp_path / "run", run={"steps": 3}, hooks=[block])
    lines = (tmp_path / "run/metrics.jsonl").read_text().splitlines()
    assert [json.loads(line)["step"] for line in lines] == [0, 1]


def test_a_backend_that_cannot_serve_is_said_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = policy()
    monkeypatch.setattr(type(made.model), "_can_compile_fullgraph", False)
    said: list[Warned] = []
    hooks = [lambda report: said.extend(report.warnings)]
    start = Start(made, items(5))
    run(tmp_path / "run", start=start, hooks=hooks, sampling={"backend": "static"}, run={"steps": 3})
    found = [warned.text for warned in said if warned.code == "eager_decode"]
    assert len(found) == 1
    assert "eager decode backend, since Qwen2VLForConditionalGeneration" in found[0]


def test_a_damaged_checkpoint_is_named(tmp_path: Path) -> None:
    run(tmp_path / "run")
    (tmp_path / "run/checkpoints/step-000002/state.pt").write_bytes(b"PK\x03\x04 cut off")
    with pytest.raises(InputError, match="step-000002") as caught:
        run(tmp_path / "run", resume=True, run={"steps": 3})
    assert caught.value.code == "bad_checkpoint"


def test_an_output_folder_that_holds_something_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "thesis.tex").write_text("no")
    with pytest.raises(OutputError) as caught:
        run(tmp_path / "run")
    assert caught.value.code == "exists"


def test_only_the_newest_checkpoints_are_kept(tmp_path: Path) -> None:
    made = run(tmp_path / "run", run={"steps": 5, "save_every": 1, "keep": 2})
    assert sorted(path.name for path in (made.folder / "checkpoints").iterdir()) == ["step-000004", "step-000005"]


def test_a_saved_policy_is_loaded_by_name_and_a_file_of_settings_runs(tmp_path: Path) -> None:
    save(policy(), tmp_path / "model")
    lines = []
    for item in items(4):
        (tmp_path / f"{item.id}.png").write_bytes(item.image if isinstance(item.image, bytes) else b"")
        row = {"question": item.question, "options": [*item.options.values()], "gold": "MRI", "image": f"{item.id}.png"}
        lines.append(json.dumps(row))
    (tmp_path / "questions.jsonl").write_text("\n".join(lines))
    (tmp_path / "run.toml").write_text(
        '[policy]\nmodel = "model"\n[data]\ntrain = "questions.jsonl"\nheld_out = "questions.jsonl"\nprompt = "plain"\n'
        "[sampling]\nprompts = 2\nsamples = 3\nmax_new_tokens = 5\n"
        f'[optimizer]\nlr = 1e-4\n[run]\nsteps = 2\ndevice = "cpu"\nprobe = "always"\noutput = "{tmp_path}/out"\n'
    )
    made = train(load_config(tmp_path / "run.toml"))
    assert pq.read_table(made.folder / "rollouts")["gold"].to_pylist() == ["B"] * 12
    again = load_config(tmp_path / "run.toml").replace(
        policy={"model": str(made.folder / "model")}, run={"output": str(tmp_path / "second")}
    )
    assert len(train(again).metrics) == 3


class Variety(Reward):
    """How many characters a completion uses: something that a random policy does more or less of."""

    kind: Literal["variety_in_training.v1"] = "variety_in_training.v1"

    def evaluate(self, reading: Reading, gold: Gold) -> Values:
        texts = [reading.rows.text(row) or "" for row in range(len(reading))]
        return Values.of([len({*text}) for text in texts], reading.rows.valid)

    def bounds(self) -> tuple[float, float]:
        return (0.0, 1e6)


class Faulty(Reward):
    """A rule with a bug: it divides by zero."""

    kind: Literal["faulty_in_training.v1"] = "faulty_in_training.v1"

    def evaluate(self, reading: Reading, gold: Gold) -> Values:
        return Values.of([float("nan")] * len(reading), reading.rows.valid)

    def bounds(self) -> tuple[float, float]:
        return (0.0, 1.0)


REWARDS.add(Faulty)
REWARDS.add(Variety)


def reward_file(folder: Path, reward: Reward) -> str:
    (folder / "reward.json").write_text(load_document(reward).to_json())
    return str(folder / "reward.json")


def test_a_reward_that_fails_stops_the_run_with_the_rollouts_saved(tmp_path: Path) -> None:
    with pytest.raises(RuleError):
        run(tmp_path / "run", start=Start(policy(), items(5)), reward={"document": reward_file(tmp_path, Faulty())})
    saved = pq.read_table(tmp_path / "run" / "failed" / "step-000001.parquet")
    assert saved.num_rows == 8
    assert "reward" not in saved.column_names
    assert Scorer("medvlm-r1").score(saved).rewards.shape == (8,)


def test_a_step_in_which_nothing_has_a_reward_stops_the_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    nulled(monkeypatch, range(8))
    with pytest.raises(TrainingError) as caught:
        run(tmp_path / "run", start=Start(policy(), items(5)))
    assert caught.value.code == "no_rewards"
    assert pq.read_table(tmp_path / "run" / "rollouts" / "step-000001.parquet")["reward"].null_count == 8


def test_a_group_without_rewards_takes_no_part_and_is_warned_about(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    nulled(monkeypatch, range(4))
    heard: list[Report] = []
    made = run(tmp_path / "run", start=Start(policy(), items(5)), hooks=[heard.append])
    rows = pq.read_table(made.folder / "rollouts" / "step-000001.parquet").to_pylist()
    assert [row["advantage"] is None for row in rows] == [True] * 4 + [False] * 4
    assert [row["group_mean"] is None for row in rows] == [True] * 4 + [False] * 4
    assert [made.metrics[step]["rewards_null"] for step in (1, 2)] == [4, 4]
    assert [warned.code for report in heard for warned in report.warnings if warned.code == "null_rewards"] == [
        "null_rewards"
    ]
    assert made.metrics[1]["warnings"]


def nulled(monkeypatch: pytest.MonkeyPatch, rows: Sequence[int]) -> None:
    """Make the golds of some rows null in every step's table, which makes their rewards null."""
    import pyarrow as pa

    from medreward.train import loop, rollouts

    table_of = rollouts.table_of

    def with_nulls(*arguments: Any, **given: Any) -> Any:
        table = table_of(*arguments, **given)
        golds = [None if row in rows else gold for row, gold in enumerate(table["gold"].to_pylist())]
        return table.set_column(table.column_names.index("gold"), "gold", pa.array(golds, pa.string()))

    monkeypatch.setattr(loop, "table_of", with_nulls)


def test_a_loss_that_is_not_finite_stops_the_run_with_the_batch_saved(tmp_path: Path) -> None:
    broken = policy()
    with torch.no_grad():
        broken.model.model.language_model.norm.weight[0] = float("nan")
    with pytest.raises(TrainingError) as caught:
        run(tmp_path / "run", start=Start(broken, items(5)))
    assert caught.value.code == "not_finite"
    saved = torch.load(tmp_path / "run" / "failed" / "batch-000001.pt")
    assert saved["ids"].shape[0] == saved["advantages"].shape[0] == 8


def test_a_template_that_opens_a_tag_is_found_and_counted_as_written(tmp_path: Path) -> None:
    made = policy()
    opened = "<|im_start|>assistant\n<think>\n"
    made.tokenizer.chat_template = made.tokenizer.chat_template.replace("<|im_start|>assistant\n", opened)
    heard: list[Report] = []
    result = run(tmp_path / "run", start=Start(made, items(5)), hooks=[heard.append])
    assert "prefilled" in [warned.code for warned in heard[0].warnings]
    table = pq.read_table(result.folder / "rollouts" / "step-000001.parquet")
    assert json.loads(table.schema.metadata[b"medreward.input"])["prefill"] == "<think>\n"
    again = Scorer("medvlm-r1", settings=InputSettings(prefill="<think>\n")).score(table)
    assert again.rewards.tolist() == table["reward"].to_pylist()
    assert not any(text.startswith("<think>\n") for text in table["completion"].to_pylist())


def test_in_bf16_the_weights_stay_as_they_are_and_the_ratio_is_near_one(tmp_path: Path) -> None:
    plain = policy()
    made = Policy(plain.model, plain.tokenizer, plain.images, autocast=True)
    result = run(
        tmp_path / "run",
        start=Start(made, items(5)),
        run={"autocast": "bfloat16"},
        loss={"old_logprobs": "sampled"},
        reward={"document": reward_file(tmp_path, Variety())},
        optimizer={"micro_batch": 3},
    )
    assert {parameter.dtype for parameter in made.parameters()} == {torch.float32}
    assert all(abs(line["ratio"] - 1) < 0.05 and line["grad_norm"] > 0 for line in result.metrics[1:])


def test_held_out_questions_that_are_learned_from_are_warned_about(tmp_path: Path) -> None:
    assert "held_out_seen" in run(tmp_path / "run").metrics[0]["warnings"]


def test_tensorboard_gets_the_same_numbers(tmp_path: Path) -> None:
    events = pytest.importorskip(
        "tensorboard.backend.event_processing.event_accumulator", reason="TensorBoard is not installed"
    )
    made = run(tmp_path / "run", run={"tensorboard": True})
    found = events.EventAccumulator(str(made.folder / "tensorboard")).Reload()
    lengths = [(event.step, event.value) for event in found.Scalars("tokens_mean")]
    assert lengths == [(line["step"], pytest.approx(line["tokens_mean"])) for line in made.metrics[1:]]


def test_too_few_questions_for_a_step_are_an_error(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="at least 2") as caught:
        run(tmp_path / "run", start=Start(policy(), items(1)))
    assert (caught.value.code, caught.value.exit_code) == ("few_questions", 3)


def test_a_prompt_that_is_too_long_is_named_and_never_cut(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="q4: ") as caught:
        run(tmp_path / "run", data={"max_prompt_tokens": 60})
    assert caught.value.code == "prompt_too_long"
    assert not (tmp_path / "run" / "run.json").exists()


def test_a_question_with_a_placeholder_of_its_own_is_an_error(tmp_path: Path) -> None:
    sly = Item("sly", "What is <|image_pad|>?", {"A": "x", "B": "y"}, "A", items(1)[0].image)
    with pytest.raises(InputError, match="sly") as caught:
        run(tmp_path / "run", start=Start(policy(), [sly, *items(3)]))
    assert caught.value.code == "control_token"


def test_a_picture_for_a_policy_without_eyes_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        run(tmp_path / "run", start=Start(policy("qwen2"), items(5)))
    assert caught.value.code == "no_vision"


@pytest.mark.parametrize("kind", ["grpo", "bnpo", "dr_grpo", "cispo"])
def test_every_loss_runs(tmp_path: Path, kind: str) -> None:
    made = run(
        tmp_path / "run",
        start=Start(policy("qwen2"), items(5, images=False)),
        loss={"kind": kind, "mask_truncated": True},
    )
    assert len(made.rewards()) == 2


def test_steps_use_every_question_once_an_epoch() -> None:
    from medreward.train.collect import step_items

    few = items(7)
    epochs = [[item.id for step in (a, a + 1, a + 2) for item in step_items(few, step, 2, 0)] for a in (1, 4)]
    assert all(len({*epoch}) == 6 for epoch in epochs)
    assert epochs[0] != epochs[1]


def test_the_sections_of_a_run_are_frozen() -> None:
    made: TrainConfig = config()
    with pytest.raises(ValueError, match="frozen"):
        made.run.seed = 4  # type: ignore[misc]
