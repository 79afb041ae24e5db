"""The reference GRPO trainer: a reward, a policy, and one loop that a person can read from top to bottom.

Read in this order: ``config`` (what can be set) · ``data`` (questions, images) · ``prompts`` (questions into tokens) ·
``policy`` (the model) · ``decoding``, ``sampler`` (completions) · ``slots``, ``static`` (the same, in steps of one
shape) · ``logprobs`` · ``collect`` (questions into completions) · ``rollouts`` (what is written) · ``advantages`` ·
``losses`` · ``update`` (gradients) · ``optimizer`` · ``checkpoint`` · ``metrics`` · ``rails`` (warnings) · ``probe``
(memory) · ``setup`` · ``loop``.

One step: take P prompts, write G completions to each, score them with a medreward reward, compare each with its group,
and make the tokens of those that did better than their group more likely.

**Where this is not the MedVLM-R1 paper (arXiv 2502.19634) or the code its authors released**

1. The released code generates a group's completions one after another and joins them sample by sample, while prompts
   and rewards are joined prompt by prompt, so groups mix as soon as a device holds two prompts. Here the order is
   prompt-major everywhere and is checked at every step.
2. The released code cuts prompts to their last 512 tokens when it keeps books, which can cut image tokens away. Here a
   prompt is never cut: one that is too long is an error that names it, before training starts.
3. The released code always adds a KL penalty; here ``beta`` is 0 by default and no reference model is loaded then.
4. The released code's ratio is 1 by construction and nothing is clipped. Here that holds only for ``passes = 1``, and a
   line at the start says so.
5. The loss is ``dapo`` (mean over all tokens of the step) by default; the paper's mean over completions of their token
   means is ``grpo``, which favours short right answers and long wrong ones (arXiv 2503.20783).

**Where this is not textbook GRPO (arXiv 2402.03300)**

6. The upper clip is wider than the lower one (0.28 and 0.2, arXiv 2503.14476).
7. Standard deviations divide by G - 1, and 1e-4 is added to them, as in TRL.
8. Tokens that a policy must never write (image placeholders, chat control tokens) are banned while sampling *and* while
   scoring, so both speak of one distribution. A sampled image placeholder would make the scoring forward fail.
9. The log-probabilities of the sampling distribution are taken at the sampling temperature in the loss, too. There is
   no top-p and no top-k: they would make the recorded log-probabilities those of another distribution.
10. A row without a reward takes no part: neither in its group's mean nor in the loss. It is never a 0.
11. ``cispo`` caps the ratio at ``1 + clip_high``, where TRL's ``epsilon_high`` is the cap itself.
12. Dropout is switched off: a ratio between two dropout masks is no ratio between two policies.
13. Each epoch is a fresh permutation; what is left when an epoch's last step is not full is dropped, so that no prompt
    occurs twice in one step.

**Details that matter, numbered, with their sources**

1. A prompt is run once and its cache is shared by its G samples (as karpathy/nanochat does).
2. Positions of Qwen2-VL are found once for a prompt and counted on for its completion: a decode step's position is
   prompt length + rope delta + t. They are always passed, so no stale ``rope_deltas`` can be picked up
   (transformers, ``modeling_qwen2_vl.py``).
3. The vision tower runs once for each distinct image of a step, in sampling and in every pass; its gradients from all
   micro-batches are added up and sent back once.
4. Logits are made for a chunk of tokens at a time and made again in the backward pass: memory is chunk x vocabulary,
   whatever the batch (the same aim as Liger-Kernel's fused losses and TRL's fused head).
5. Losses are divided by counts over the whole step, never by a micro-batch's own, so micro-batches change nothing
   (compare huggingface/trl issues 3021 and 6369). ``bnpo`` divides by the micro-batch's own and so may not be split.
6. The mask ends with the first stop token, which counts. It is made from stop tokens as they are sampled and never
   guessed from the padding id (compare huggingface/trl PR 4970).
7. Old log-probabilities are those of the first pass over the step's data, before any update: exact, and free.
8. Every random number of a step comes from (seed, step), so a resumed run continues as if it had not stopped, and a
   checkpoint holds no random state.
9. A decode step has one shape, reads and writes buffers that stay where they are, and never asks the host for a value,
   so that a GPU replays it as one CUDA graph; a graph for each 128 slots in use keeps attention off empty ones. The
   query heads that share a key head attend as if they were a short sequence: keys are read once, never repeated.
10. Weights in bf16 are rounded copies of float32 ones, in which gradients and moments are kept, too: a step of 1e-6 is
    far below the spacing of bf16 numbers.
11. A loss of 0 is normal where ratios are 1 and advantages sum to 0; the gradient is what tells (``grad_norm``).

Needs the extra ``train``: ``pip install 'medreward[train]'``. One process, one device. Nothing of this has been run on
a GPU yet.
"""

from __future__ import annotations

import importlib
import importlib.util
from typing import TYPE_CHECKING

from medreward.errors import MissingExtraError

if TYPE_CHECKING:
    from medreward.train.config import TrainConfig, load_config
    from medreward.train.demo import run_demo
    from medreward.train.loop import train

_HOME_OF = {
    "TrainConfig": "medreward.train.config",
    "load_config": "medreward.train.config",
    "run_demo": "medreward.train.demo",
    "train": "medreward.train.loop",
}
_NEEDED = {"torch": "torch", "transformers": "transformers", "PIL": "pillow"}

__all__ = ["TrainConfig", "load_config", "require_extra", "run_demo", "train"]


def require_extra() -> None:
    """Make sure that what training needs is installed.

    Raises:
        MissingExtraError: ``missing_extra``.
    """
    missing = [name for module, name in _NEEDED.items() if importlib.util.find_spec(module) is None]
    if missing:
        raise MissingExtraError(
            "missing_extra",
            f"Training needs {', '.join(missing)}, which {'is' if len(missing) == 1 else 'are'} not installed",
            do="pip install 'medreward[train]'; for a machine without a GPU, install the CPU build of torch first",
        )


if not TYPE_CHECKING:  # or every misspelt name would be an object to type checkers

    def __getattr__(name: str) -> object:
        if name not in _HOME_OF:
            raise AttributeError(f"module 'medreward.train' has no attribute {name!r}")
        if _HOME_OF[name] != "medreward.train.config":
            require_extra()
        return getattr(importlib.import_module(_HOME_OF[name]), name)
