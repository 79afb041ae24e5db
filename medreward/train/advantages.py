"""How much better a completion did than the others of its group.

The arithmetic is :func:`medreward.scoring.groups.advantages`. A prompt-major step of P prompts with G completions each
has its groups one after another, G rows each.
"""

from __future__ import annotations

import numpy as np

from medreward.errors import DocumentError
from medreward.rewards.base import Floats
from medreward.scoring.groups import advantages
from medreward.scoring.scores import Scores
from medreward.train.config import AdvantageConfig

__all__ = ["check_weights", "has_spread", "step_advantages"]


def step_advantages(scores: Scores, samples: int, config: AdvantageConfig) -> Floats:
    """The advantages of a step's completions.

    Args:
        scores: of P x G completions, prompt-major.
        samples: G.
        config: what is compared with what.

    Returns:
        ``float64``, shape ``(P x G,)``; NaN where there is no reward: such a row takes no part.
    """
    group = np.arange(len(scores)) // samples
    if config.several == "sum_then_normalize":
        return advantages(scores.rewards, group, scale=config.scale)
    names = list(scores.document.components())
    values = np.stack([scores.column(f"reward_{name}") for name in names], axis=1)  # (P x G, K)
    weights = np.array([config.weights.get(name, 1.0) for name in names])
    return advantages(values, group, weights=weights, aggregate="normalize_then_sum")


def has_spread(rewards: Floats, samples: int) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """Whether the rewards of each group differ at all; bool, shape ``(P,)``. A group without spread teaches nothing."""
    groups = rewards.reshape(-1, samples)  # (P, G)
    low = np.where(np.isnan(groups), np.inf, groups).min(axis=1)
    high = np.where(np.isnan(groups), -np.inf, groups).max(axis=1)
    return np.asarray(low < high)


def check_weights(components: list[str], config: AdvantageConfig) -> None:
    """A weight for a component that the reward does not have is a mistake, and so is having nothing to compare.

    Raises:
        DocumentError: ``bad_config``.
    """
    unknown = [name for name in config.weights if name not in components]
    nothing = config.several == "normalize_then_sum" and not components
    if unknown or nothing:
        raise DocumentError(
            "bad_config",
            "The advantages are to be made of components that the reward does not have",
            where="advantage.weights" if unknown else "advantage.several",
            expected=", ".join(components) or "a reward with named components",
            got=", ".join(unknown) or "none",
        )
