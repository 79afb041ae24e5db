"""What people ask about when a run does not learn, said by the run itself."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any

from torch import Tensor

from medreward.errors import TrainingError
from medreward.text.template import opening_of
from medreward.train.config import TrainConfig
from medreward.train.policy import Policy

__all__ = ["Rails", "Warned", "check_prompt_major", "on_failure", "start_warnings", "template_prefill"]

_WINDOW = 20
_FIRST = 5
_AGAIN = 25  # steps until a warning that still holds is said again


@dataclass(frozen=True)
class Warned:
    """A warning.

    Args:
        code: a stable word.
        text: what is seen, and what to do.
    """

    code: str
    text: str


Metrics = Mapping[str, Any]
History = deque[Metrics]


def _all_truncated(now: Metrics, history: History) -> str | None:  # noqa: ARG001 - rails share one signature
    if now["truncated"] < 1.0:
        return None
    return "every completion was cut off: raise sampling.max_new_tokens, or look whether the stop token is right"


def _no_spread(now: Metrics, history: History) -> str | None:
    if len(history) < _FIRST or any(step["groups_without_spread"] < 0.9 for step in [*history][-_FIRST:]):
        return None
    share = now["groups_without_spread"]
    return f"{share:.0%} of the groups have equal rewards, five steps on: too easy, too hard, or too few samples"


def _always_zero(now: Metrics, history: History) -> str | None:  # noqa: ARG001 - as above
    recent = [*history][-3:]
    if len(recent) < 3 or any(step["reward"] != 0 or step["reward_std"] != 0 for step in recent):
        return None
    return (
        "every reward of three steps is 0: read some completions (medreward explain); if the prompt's template opens a"
        " tag, set reward.prefill"
    )


def _only_format(now: Metrics, history: History) -> str | None:
    if len(history) < _WINDOW or not {"reward_format", "reward_accuracy"} <= now.keys():
        return None
    steps = [*history]

    def gain(name: str) -> float:
        first, last = steps[:_FIRST], steps[-_FIRST:]
        return float(sum(step[name] for step in last) - sum(step[name] for step in first)) / _FIRST

    if gain("reward_format") < 0.1 or gain("reward_accuracy") > 0.02:
        return None
    return "over twenty steps the format got better and the answers did not: only the format is being learned"


def _entropy_collapse(now: Metrics, history: History) -> str | None:
    first = history[0].get("entropy", 0.0)
    if len(history) < _FIRST or now.get("entropy", 1.0) > 0.02 * max(first, 0.05):
        return None
    return "the entropy is near 0: all samples of a prompt are alike; lower the learning rate or raise clip_high"


def _null_rewards(now: Metrics, history: History) -> str | None:  # noqa: ARG001 - as above
    if not now["rewards_null"]:
        return None
    return (
        f"{now['rewards_null']} completions have no reward and take no part: look for nulls among what the reward reads"
    )


RAILS: dict[str, Callable[[Metrics, History], str | None]] = {
    "all_truncated": _all_truncated,
    "no_spread": _no_spread,
    "always_zero": _always_zero,
    "only_format": _only_format,
    "entropy_collapse": _entropy_collapse,
    "null_rewards": _null_rewards,
}
"""What is looked for after every step, by code."""


class Rails:
    """Looks at each step's metrics and those before it, and says each thing once in a while."""

    def __init__(self) -> None:
        self._history: History = deque(maxlen=_WINDOW)
        self._said: dict[str, int] = {}

    def recall(self, lines: Iterable[Metrics]) -> None:
        """Remember the metrics of steps done before the run was resumed, and what was said about them."""
        for metrics in lines:
            if metrics["step"] > 0:
                self._history.append(metrics)
                self._said |= dict.fromkeys(metrics.get("warnings", ()), metrics["step"])

    def once(self, code: str, text: str) -> list[Warned]:
        """Something to be said once in a run; nothing where the text is empty or it was said."""
        if not text or code in self._said:
            return []
        self._said[code] = 0
        return [Warned(code, text)]

    def look(self, metrics: Metrics) -> list[Warned]:
        """What is to be said about this step."""
        self._history.append(metrics)
        found = []
        for code, rail in RAILS.items():
            text = rail(metrics, self._history)
            due = metrics["step"] - self._said.get(code, -_AGAIN) >= _AGAIN
            if text is not None and due:
                self._said[code] = metrics["step"]
                found.append(Warned(code, text))
        return found


def template_prefill(policy: Policy, tags: tuple[str, ...]) -> str:
    """What the chat template writes of the answer before the model speaks: from the first tag it opens to the end.

    Such a completion lacks the tag. A reward that does not know would find it missing and pay 0 for ever.
    """
    template = policy.tokenizer.chat_template
    opening = opening_of(template) if isinstance(template, str) else None
    found = [opening.prefill(tag) for tag in tags] if opening is not None else []
    return max(found, key=len, default="")


def start_warnings(config: TrainConfig, prefill: str, seen: Sequence[str] = ()) -> list[Warned]:
    """What can be said before the first step.

    Args:
        config: the run.
        prefill: what the chat template begins of the answer.
        seen: held-out questions that are learned from, too.
    """
    found = []
    loss = config.loss
    if config.optimizer.passes == 1 and loss.old_logprobs == "scored":
        text = "with one pass the ratio is 1 by construction: clip_low, clip_high and delta change nothing"
        found.append(Warned("ratio_is_one", text))
    if prefill and config.reward.prefill == "auto":
        text = (
            f"the chat template begins the answer with {prefill!r}: rewards count it as written (--prefill for score)"
        )
        found.append(Warned("prefilled", text))
    if seen:
        text = f"{len(seen)} held-out questions are learned from, too, such as {seen[0]}: they are not unseen"
        found.append(Warned("held_out_seen", text))
    if loss.beta == 0 and loss.kl != "k3":
        found.append(Warned("no_kl", "loss.kl is set and beta is 0: there is no KL penalty"))
    return found


def check_prompt_major(prompt: Tensor, samples: int) -> None:
    """Row r must answer prompt r // G. Any other order would give completions the golds of other questions.

    Raises:
        TrainingError: ``wrong_order``.
    """
    found = prompt.tolist()
    if found != [row // samples for row in range(len(found))]:
        raise TrainingError(
            "wrong_order",
            "The completions are not in the order of their prompts",
            expected="all samples of the first prompt, then all of the second, …",
            got=str(found[:32]),
            do="this is a mistake in the decode backend",
        )


@contextmanager
def on_failure(save: Callable[[], None]) -> Iterator[None]:
    """Save something if the block does not end well; what went wrong goes on its way."""
    with ExitStack() as stack:
        stack.callback(save)
        yield
        stack.pop_all()
