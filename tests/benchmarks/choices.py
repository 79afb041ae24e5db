"""``python -m tests.benchmarks.choices``: how many answers a CPU second the choice grammar reads, all of them distinct.

Files of answers: sentences made of common words round a label, with the options' texts to look for and without;
labels with their option's text, and sentences that name texts, each with options of its own; and every answer of the
conformance suite, which is as odd as answers get. CPU time, the median over rounds.
"""

from __future__ import annotations

import argparse
import random
import statistics
import time
from collections.abc import Sequence

from medreward.conformance import load_cases
from medreward.text.choice import label_alone, read_choice
from medreward.text.options import OptionSet

__all__ = ["Asked", "files", "per_second", "table"]

Asked = tuple[str, OptionSet]
"""An answer's text, and what was offered."""
LABELS = tuple("ABCD")
TEXTS = ("Cartilage degeneration", "Labral pathology", "Bone fracture", "Tendonitis")
WORDS = (
    *("the", "image", "shows", "no", "clear", "indication", "of", "a", "mass", "in", "left", "lung", "with", "mild"),
    *("edema", "signal", "along", "posterior", "margin", "and", "normal", "ligaments", "while", "intact", "meniscus"),
    *("suggests", "that", "patient", "has", "severe", "pain", "after", "trauma", "lesion", "acute", "chronic", "small"),
)
SHAPES = (
    *("{0}, {1}.", "{0}) {1}", "The answer is {0} because {1}.", "{0}. {1}", "The correct answer is ({0}), as {1}."),
    *("I think {1}, so {0}.", "{1}. Therefore, the answer is {0}.", "Option {0}: {1}", "{1}"),
    "The most likely diagnosis is {0}, since {1}.",
)


def sentences(count: int, seed: int = 1) -> list[str]:
    """Distinct answers of six to fourteen words and a label."""
    source, found = random.Random(seed), dict[str, None]()  # noqa: S311 - no secrets
    while len(found) < count:
        words = " ".join(source.choices(WORDS, k=source.randint(6, 14)))
        found[source.choice(SHAPES).format(source.choice(LABELS), words)] = None
    return [*found]


FINDINGS = (
    *("acute pancreatitis", "renal cell carcinoma", "meniscal tear", "viral pneumonia", "deep vein thrombosis", "gout"),
    *(
        "aortic stenosis",
        "multiple sclerosis",
        "iron deficiency anemia",
        "pulmonary embolism",
        "Crohn disease",
        "asthma",
    ),
    *("primary hyperparathyroidism", "type 2 diabetes", "bacterial meningitis", "rheumatoid arthritis", "lung abscess"),
)
QUALIFIED = ("", "early ", "chronic ", "severe ", "post-traumatic ", "recurrent ", "suspected ", "left-sided ")
NAMING = (
    *(
        "The answer is {0}. {1}",
        "{0}) {1}, because {3}.",
        "{3}. The most likely diagnosis is {1}, so {0}.",
        "{0}: {1}, not {2}",
    ),
    *(
        "The image shows {1}, not {2}, so the answer is {0}.",
        "I would choose {0}, {1}, since {3}.",
        "{1} fits best. {0}",
    ),
    "{3}, which rules out {2}. Therefore, the answer is {0} ({1}).",
)


def named(count: int, shapes: Sequence[str], seed: int = 2) -> list[Asked]:
    """Distinct answers that name options' texts, each with four options of its own."""
    source = random.Random(seed)  # noqa: S311 - no secrets
    made = []
    for _ in range(count):
        texts = [source.choice(QUALIFIED) + finding for finding in source.sample(FINDINGS, len(LABELS))]
        right, other = source.sample(range(len(LABELS)), 2)
        words = " ".join(source.choices(WORDS, k=source.randint(5, 9)))
        body = source.choice(shapes).format(LABELS[right], texts[right], texts[other], words)
        made.append((body, OptionSet(LABELS, tuple(map(str.capitalize, texts)))))
    return made


def files(count: int = 20_000) -> dict[str, list[Asked]]:
    """The files, by name."""
    known, unknown = OptionSet(LABELS, TEXTS), OptionSet(LABELS, (None,) * len(LABELS))
    made = sentences(count)
    return {
        "sentences, option texts known": [(body, known) for body in made],
        "sentences, labels alone": [(body, unknown) for body in made],
        "labels with texts, own options": named(count, ("{0}. {1}", "{0}) {1}", "({0}) {1}.", "{0}: {1}")),
        "sentences that name texts, own options": named(count, NAMING),
        "the conformance suite": [(case.body, case.option_set) for case in load_cases() if case.select == "one"],
    }


def per_second(asked: Sequence[Asked], rounds: int) -> float:
    """Answers read in a CPU second: the median over rounds, after one that fills what is remembered."""
    taken = []
    for _ in range(rounds + 1):
        start = time.process_time()
        for body, options in asked:
            label_alone(body, options.labels) or read_choice(body, options, "one")
        taken.append(time.process_time() - start)
    return len(asked) / statistics.median(taken[1:])


def table(rounds: int) -> list[str]:
    """A line for each file: answers, mean length, answers a CPU second."""
    lines = ["| answers, all distinct | number | mean length | a CPU second |", "|---|---|---|---|"]
    for name, asked in files().items():
        length = statistics.mean(len(body) for body, _ in asked)
        lines.append(f"| {name} | {len(asked):,} | {length:.0f} | {per_second(asked, rounds):,.0f} |")
    return lines


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=7, help="how often each file is read (default: %(default)s)")
    print("\n".join(table(parser.parse_args().rounds)))
