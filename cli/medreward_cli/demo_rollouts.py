"""The demo's rollouts: invented questions, each answered four times in ways that models do answer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

__all__ = ["WORDY_ROW", "Rollout", "rollouts"]

SAMPLES = 4
LABELS = "ABCD"


@dataclass(frozen=True)
class Question:
    """A multiple-choice question.

    Args:
        text: what is asked.
        options: the four texts.
        gold: the right label.
    """

    text: str
    options: tuple[str, str, str, str]
    gold: str


@dataclass(frozen=True)
class Rollout:
    """One row of the demo's file."""

    group_id: str
    step: int
    prompt: str
    completion: str
    options: tuple[str, ...]
    gold: str


_QUESTIONS = (
    Question("Which imaging uses no ionising radiation?", ("CT", "MRI", "X-ray", "PET"), "B"),
    Question("Which organ fills the right upper abdomen?", ("Spleen", "Stomach", "Liver", "Bladder"), "C"),
    Question("What lies behind a blunted costophrenic angle?", ("Pleural effusion", "Gallstone", "Ulcer", "Cyst"), "A"),
    Question("Which bone is broken at the wrist here?", ("Femur", "Tibia", "Rib", "Radius"), "D"),
    Question(
        "Which vessel carries oxygenated blood to the body?", ("Vena cava", "Aorta", "Portal vein", "Azygos"), "B"
    ),
    Question("In which plane is the head seen from above?", ("Sagittal", "Coronal", "Axial", "Oblique"), "C"),
    Question("Which finding suggests a pneumothorax?", ("Absent lung markings", "Calculus", "Effusion", "Mass"), "A"),
    Question("Which joint shows a torn labrum?", ("Knee", "Ankle", "Elbow", "Shoulder"), "D"),
    Question("Which contrast agent is usual in MRI?", ("Barium", "Gadolinium", "Iodine", "Technetium"), "B"),
    Question("What does a bright rim on the skull CT suggest?", ("Cataract", "Otitis", "Haematoma", "Sinusitis"), "C"),
    Question("Which chamber pumps into the aorta?", ("Left ventricle", "Right atrium", "Left atrium", "Both"), "A"),
    Question("Which stone is seen best without contrast?", ("Polyp", "Lipoma", "Cyst", "Calcium stone"), "D"),
    Question("Which view shows both lungs at full breath?", ("Lateral skull", "PA chest", "AP pelvis", "Hand"), "B"),
    Question("Which nerve is pressed in carpal tunnel syndrome?", ("Ulnar", "Radial", "Median", "Sciatic"), "C"),
    Question("Which gland lies in front of the trachea?", ("Thyroid", "Adrenal", "Pineal", "Parotid"), "A"),
    Question("Which scan measures bone density?", ("Doppler", "EEG", "Spirometry", "DXA"), "D"),
)


def _thought(question: Question) -> str:
    right = question.options[LABELS.index(question.gold)]
    return f"I compare the options with what the image shows. {right} fits best."


def _tagged(thought: str, answer: str) -> str:
    return f"<think>{thought}</think>\n<answer>{answer}</answer>"


def _wrong(question: Question) -> str:
    return LABELS[(LABELS.index(question.gold) + 1) % 4]


def _text(question: Question) -> str:
    return question.options[LABELS.index(question.gold)]


_MANNERS: dict[str, Callable[[Question], str]] = {
    "right": lambda q: _tagged(_thought(q), q.gold),
    "wrong": lambda q: _tagged("One option looks familiar.", _wrong(q)),
    "wordy": lambda q: _tagged(_thought(q), f"{q.gold}, there is no sign of anything else in the image."),
    "labelled": lambda q: _tagged(_thought(q), f"{q.gold}) {_text(q)}"),
    "stated": lambda q: _tagged(_thought(q), f"The answer is {q.gold}."),
    "text": lambda q: _tagged(_thought(q), _text(q)),
    "shotgun": lambda q: _tagged("All of them could be right.", "A, B, C, D"),  # noqa: ARG005 - manners are alike
    "chatty": lambda q: f"Sure, let me look.\n{_tagged(_thought(q), q.gold)}\nHope this helps!",
    "truncated": lambda q: f"<think>{_thought(q)[:40]}",
    "unclosed": lambda q: f"<think>{_thought(q)}\n<answer>{q.gold}</answer>",
    "misspelt": lambda q: f"<think>{_thought(q)}</think>\nanswer>{q.gold}</answer>",
    "untagged": lambda q: f"{_thought(q)} So it is {q.gold}.",
    "empty": lambda q: _tagged("", q.gold),
    "quoted": lambda q: f"<think>I must write <answer>{q.gold}</answer>.</think>\n<answer>{q.gold}</answer>",
}
"""Ways to answer, by name."""

_SCHEDULE = (
    *("right", "wordy", "wrong", "truncated", "right", "right", "misspelt", "shotgun"),
    *("labelled", "wrong", "right", "untagged", "right", "stated", "chatty", "wrong"),
    *("unclosed", "right", "right", "text", "wrong", "quoted", "right", "empty"),
    *("right", "right", "labelled", "misspelt", "shotgun", "truncated", "right", "wrong"),
)
"""How the samples answer, in turn."""

WORDY_ROW = _SCHEDULE.index("wordy")
"""The first row with the right letter and an explanation behind it."""


def rollouts() -> list[Rollout]:
    """All rows: each question's samples one after another, in two training steps. Always the same."""
    return [
        Rollout(
            group_id=f"q{number:02d}",
            step=1 + number * 2 // len(_QUESTIONS),
            prompt=f"{question.text} {' '.join(f'({a}) {t}' for a, t in zip(LABELS, question.options, strict=True))}",
            completion=_MANNERS[_SCHEDULE[(number * SAMPLES + sample) % len(_SCHEDULE)]](question),
            options=question.options,
            gold=question.gold,
        )
        for number, question in enumerate(_QUESTIONS)
        for sample in range(SAMPLES)
    ]
