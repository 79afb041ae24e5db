"""``python -m tests.gpu.step``: how near a step of the trainer comes to what the GPU allows, as one Markdown table.

A Qwen2-VL-2B of random weights is built on the device from its shape; nothing is downloaded. Steps of 8 prompts with 8
samples each, 400 tokens of prompt (a 448 x 448 picture is 256 of them) and 256 of completion, are timed, and set
against the floor that ``arithmetic`` finds from the model's own weights and from rates measured on the same device.
Then TRL's GRPOTrainer does the same step. ``--tiny`` goes the same way on any machine in a minute, to see that it does:
its figures mean nothing.
"""

from __future__ import annotations

import argparse
import gc
import math
import platform
import statistics
import sys
import tempfile
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch
import transformers

from medreward.train.collect import generator_of, plan_of
from medreward.train.config import TrainConfig
from medreward.train.data import Item
from medreward.train.decoding import Samples
from medreward.train.drawings import drawn_items
from medreward.train.logprobs import score_completions
from medreward.train.loop import one_step
from medreward.train.policy import Policy, pick_device
from medreward.train.prompts import check_lengths, encode_prompts
from medreward.train.sampler import find_backend, prefill, sample
from medreward.train.setup import Run, Start, begin
from medreward.train.tiny import QWEN2_VL_2B, Shape, tiny_model, tiny_policy
from tests.gpu import peer
from tests.gpu.arithmetic import Counts, Rates, Work, counts, decode_seconds, floor, measured_rates, seconds

HELP = """
Needs torch, transformers, pillow, and this repository with what it depends on. For the row of TRL also trl==1.16.0,
datasets, accelerate, dill, multiprocess and xxhash. Where there is no network, carry as wheels what is not there:
  pip download --python-version 3.12 --only-binary :all: -d wheels pydantic
  pip download --python-version 3.12 --only-binary :all: -d wheels --no-deps trl==1.16.0 datasets dill \\
    multiprocess xxhash
  pip install --no-deps wheels/*.whl
The arithmetic says that it takes minutes on an H100 or H200. Nobody has run the full size yet.
"""


@dataclass(frozen=True)
class Size:
    """How large everything is; completions of one backward are found by the memory probe where ``micro_batch`` is None.

    ``at_once`` are the completions of one forward where nothing is probed: in scoring, and in TRL's steps.
    """

    shape: Shape
    work: Work
    side: int
    batches: tuple[int, ...]
    steps: int
    micro_batch: int | None
    at_once: int
    chunk: int
    dtype: torch.dtype


FULL = Size(QWEN2_VL_2B, Work(8, 8, 400, 256, 1024), 448, (16, 64, 256, 512), 3, None, 8, 1024, torch.bfloat16)
TINY = Size(Shape(), Work(2, 2, 104, 8, 16), 56, (2, 4), 1, None, 2, 64, torch.float32)


@dataclass(frozen=True)
class Line:
    """A row of the table."""

    what: str
    measured: str
    limit: str = ""
    ratio: str = ""


def questions(policy: Policy, size: Size) -> list[Item]:
    """Pictures with questions that make prompts of exactly the length wanted."""
    items = drawn_items(size.work.prompts, 0, size.side)
    lengths = check_lengths(policy, items, "plain", size.work.prompt_tokens)
    more = [size.work.prompt_tokens - length for length in lengths]
    return [replace(item, question=item.question + "?" * count) for item, count in zip(items, more, strict=True)]


def settings(size: Size, device: torch.device, backend: str) -> TrainConfig:
    """The run whose steps are timed."""
    dtype = str(size.dtype).removeprefix("torch.")
    work = {"prompts": size.work.prompts, "samples": size.work.samples, "max_new_tokens": size.work.new_tokens}
    return TrainConfig.model_validate(
        {
            "policy": {"model": "(random weights)", "dtype": dtype},
            "data": {"train": "(drawn)", "prompt": "plain"},
            "sampling": {**work, "backend": backend},
            "optimizer": {"lr": 1e-6, "micro_batch": size.micro_batch},
            "run": {"steps": size.steps + 1, "device": str(device), "logprob_chunk": size.chunk, "probe": "always"},
        }
    )


def timed_steps(run: Run, steps: int) -> dict[str, float]:
    """Medians of a step's times, after one step that does not count, and the most memory of any."""
    found = [one_step(run, number)[0] for number in range(1, steps + 2)][1:]
    names = ("seconds_sample", "seconds_reward", "seconds_update")
    times = {name: statistics.median(metrics[name] for metrics in found) for name in names}
    return {**times, "peak_gib": max(metrics.get("peak_gib", float("nan")) for metrics in found)}


def step_lines(policy: Policy, size: Size, model: Counts, rates: Rates, backend: str) -> Generator[Line, None, float]:
    """A step of the trainer, whole and by part; returns the seconds of the whole."""
    config, least = settings(size, policy.device, backend), floor(model, size.work, rates)
    items = questions(policy, size)
    with tempfile.TemporaryDirectory() as folder:
        run = begin(config, Start(policy, items), Path(folder))
        found = timed_steps(run, size.steps)
    whole, best = sum(value for name, value in found.items() if name.startswith("seconds")), sum(least.values())
    sampling = least["vision"] + least["prefill"] + least["decode"]
    update = least["train"] + least["vision in training"] + least["optimizer"]
    named = f"step, {backend} decoding"
    wrote, learned, scored = (found[f"seconds_{part}"] for part in ("sample", "update", "reward"))
    memory = found["peak_gib"] * 2**30 / 1e9
    yield Line(named, f"{whole:.3g} s", f"{best:.3g} s", f"{whole / best:.3g} x")
    yield Line(f"{named}: writing completions", f"{wrote:.3g} s", f"{sampling:.3g} s", f"{wrote / sampling:.3g} x")
    yield Line(f"{named}: update", f"{learned:.3g} s", f"{update:.3g} s", f"{learned / update:.3g} x")
    yield Line(f"{named}: training, of the matrix rate", f"{least['train'] / learned:.1%}")
    yield Line(f"{named}: scoring (Parquet is written during the update)", f"{scored / whole:.2%} of the step")
    yield Line(f"{named}: completions in one backward", str(run.config.micro_batch))
    yield Line(f"{named}: most memory", "not measured" if math.isnan(memory) else f"{memory:.3g} GB")
    yield Line(f"{named}: completions a second", f"{size.work.rows / whole:.4g}")
    return whole


def agreement(policy: Policy, size: Size, backend: str) -> Line:
    """How far recorded log-probabilities are from those of a scoring forward, before any update."""
    prompts = encode_prompts(policy, questions(policy, size), "plain")
    plan = plan_of(settings(size, policy.device, backend))
    with torch.no_grad():
        features = policy.vision(prompts.images) if prompts.images is not None else None
        found = sample(policy, prompts, features, plan, generator_of(policy.device, 0, 1))
        scored = torch.cat([_scored(policy, prompts, features, found, rows, size) for rows in _parts(found, size)])
    change = (scored - found.logprobs)[found.mask.bool()]
    spread = change.exp()
    said = f"{float(change.abs().mean()):.2g} nats; ratio {float(spread.min()):.4f} to {float(spread.max()):.4f}"
    note = f" ({found.note})" if found.note else ""
    return Line(f"recorded against scored log-probabilities, {backend} decoding{note}", said)


def _parts(samples: Samples, size: Size) -> list[list[int]]:
    rows = list(range(len(samples.prompt)))
    return [rows[first : first + size.at_once] for first in range(0, len(rows), size.at_once)]


def _scored(policy: Policy, prompts: Any, features: Any, found: Samples, rows: list[int], size: Size) -> Any:
    asked = found.prompt[rows].tolist()
    return score_completions(policy, prompts, features, asked, found.ids[rows], found.mask[rows], 1.0, size.chunk)[0]


def decode_line(policy: Policy, size: Size, model: Counts, rates: Rates, backend: str, rows: int) -> Line:
    """Tokens a second while writing so many completions, without the prefill."""
    items = questions(policy, size)[: min(rows, size.work.prompts)]
    prompts = encode_prompts(policy, items, "plain")
    plan = replace(plan_of(settings(size, policy.device, backend)), samples=rows // len(items))
    generator, decode = generator_of(policy.device, 0, rows), find_backend(backend, policy.device)
    policy.kept.clear()  # the buffers of another batch

    def write() -> None:
        decode(policy, prefill(policy, prompts, features), plan, generator)

    with torch.no_grad(), policy.reading():
        features = policy.vision(prompts.images) if prompts.images is not None else None
        before = seconds(lambda: prefill(policy, prompts, features), policy.device, 3)
        taken = seconds(write, policy.device, 1 if backend == "eager" else 2) - before
    context = size.work.prompt_tokens + size.work.new_tokens / 2
    bound = rows / decode_seconds(model, rows, context, rates)
    tokens = rows * size.work.new_tokens / taken
    return Line(
        f"decode at batch {rows}, {backend}, tokens a second",
        f"{tokens:,.0f}",
        f"{bound:,.0f}",
        f"{tokens / bound:.3f}",
    )


def peer_line(policy: Policy, size: Size, ours: float) -> Line:
    """The same step by TRL, beside our fastest."""
    absent, what = peer.missing(), "completions a second"
    if absent:
        return Line(f"TRL: {what}", f"not measured: {', '.join(absent)} not installed")
    import trl

    config = settings(size, policy.device, "eager").replace(optimizer={"micro_batch": size.at_once})
    model = tiny_model(policy.tokenizer, size.shape, device=policy.device, dtype=size.dtype)
    taken = peer.trl_step(model, policy, questions(policy, size), config, size.steps)
    named = f"TRL {trl.__version__} with transformers' generate: {what}"
    return Line(named, f"{size.work.rows / taken:.4g}", "", f"this trainer: {taken / ours:.3g} x")


def lines(size: Size, device: torch.device, backends: Sequence[str], *, with_peer: bool) -> Iterator[Line]:
    """Everything, in the order it is measured."""
    rates = measured_rates(device)
    yield Line("copy, bytes read and written a second", f"{rates.bytes / 1e12:.3g} TB/s")
    yield Line("bf16 matrix product", f"{rates.operations / 1e12:.3g} TFLOP/s")
    policy = tiny_policy(size.shape, device=device, dtype=size.dtype)
    model = counts(policy.model)
    yield Line("parameters", f"{model.parameters / 1e9:.4g} B")
    items = questions(policy, size)
    taken = seconds(lambda: encode_prompts(policy, items, "plain"), device)
    yield Line("prompts and pictures of a step made ready by the host", f"{taken:.3g} s")
    for backend in backends:
        yield agreement(policy, size, backend)
    for backend in backends:
        for rows in size.batches if backend != "eager" else size.batches[1:2]:
            yield decode_line(policy, size, model, rates, backend, rows)
    taken_by = []
    for backend in backends:
        forget(policy)
        taken_by.append((yield from step_lines(policy, size, model, rates, backend)))
    forget(policy)
    if with_peer:
        yield peer_line(policy, size, min(taken_by))


def forget(policy: Policy) -> None:
    """Give back what decoding keeps."""
    policy.kept.clear()
    gc.collect()
    if policy.device.type == "cuda":
        torch.cuda.empty_cache()


def machine(device: torch.device) -> str:
    """Where and with what this was measured."""
    name = torch.cuda.get_device_name(device) if device.type == "cuda" else f"CPU, {platform.machine()}: no GPU"
    versions = f"torch {torch.__version__}, transformers {transformers.__version__}, Python {platform.python_version()}"
    return f"{name}; {versions}; `python -m tests.gpu.step {' '.join(sys.argv[1:])}`"


def say(line: str) -> None:
    """Print at once: what was measured stays where the rest is cut off."""
    print(line, flush=True)


def main(arguments: Sequence[str] | None = None, show: Callable[[str], None] = say) -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, epilog=HELP, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument(
        "--tiny", action="store_true", help="a tiny model: shows that everything runs, measures nothing"
    )
    parser.add_argument("--device", default="auto", help="auto, cuda or cpu")
    parser.add_argument("--backends", nargs="+", default=["static", "eager"], choices=["static", "eager"])
    parser.add_argument("--micro-batch", type=int, help="completions in one forward and backward; else what fits")
    parser.add_argument("--memory", type=float, default=80.0, help="GB of the GPU's memory that may be used")
    parser.add_argument("--without-trl", action="store_true", help="leave TRL out")
    given = parser.parse_args(arguments)
    device, size = pick_device(given.device), TINY if given.tiny else FULL
    if device.type != "cuda" and not given.tiny:
        parser.error("there is no GPU that torch can use: only --tiny runs without one")
    size = replace(size, micro_batch=given.micro_batch)
    if device.type == "cuda":
        total = torch.cuda.get_device_properties(device).total_memory
        torch.cuda.set_per_process_memory_fraction(min(1.0, given.memory * 1e9 / total), device)
    show(f"{machine(device)}\n\n| what | measured | limit | ratio |\n|---|---|---|---|")
    for line in lines(size, device, given.backends, with_peer=not given.without_trl):
        show(f"| {line.what} | {line.measured} | {line.limit} | {line.ratio} |")


if __name__ == "__main__":
    main()
