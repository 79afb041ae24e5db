"""``python -m tests.mutants``, run in the folder ``mutants/``: which survivors of mutation testing change a value.

Mutation testing asks whether hand-written cases see a change. Here each survivor, in a process of its own, reads texts
made by chance beside the unchanged code: the conformance suite's answers put together and cut, what every rule's cases
and the tests of ``text/`` hold with pieces left out, doubled and exchanged. A survivor that gives another value, an
error among them, is printed with the shortest text that shows it: it wants a case. The others are counted.
"""

from __future__ import annotations

import argparse
import ast
import json
import multiprocessing
import os
import random
import signal
import sys
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pyarrow as pa

from medreward import PRESETS, Scorer, load_document
from medreward.conformance import load_cases
from medreward.errors import MedrewardError
from medreward.rewards import RULES, Case, Reward
from medreward.rewards.group_rule import group_rules
from medreward.testing.rollout import make_rollouts
from medreward.text.choice import choose, label_alone, read_choice
from medreward.text.extraction import close_up_tags, drop_end_mark, vlm_r1_choice
from medreward.text.prompt_options import options_in
from medreward.text.template import opening_of
from medreward.text.turn import prefixed, without_end_tokens
from medreward.text.unwrap import inside_answer
from tests.hostile import DAMAGED, INSIDE, LITERALS

Shown = tuple[str, Any]
"""What was read, and what came of it."""
LAYOUTS: tuple[Callable[[pa.Array], pa.Array], ...] = (
    lambda texts: texts,
    lambda texts: texts.cast(pa.large_string()),
    lambda texts: texts.cast(pa.string_view()),
    lambda texts: texts.dictionary_encode(),
    lambda texts: pa.concat_arrays([pa.array(["<answer>B", None]), texts, pa.array(["</answer>"])]).slice(
        2, len(texts)
    ),
    lambda texts: pa.chunked_array([texts[:7], texts[7:7], texts[7:]]),
)
JOINS = (" ", ". ", "\n", ", ", " Wait, ", " No, wait. ", "; ", "")
SECONDS = 120


def edited(chance: random.Random, text: str) -> str:
    """The text with pieces left out, doubled, exchanged, or put in from elsewhere."""
    for _ in range(chance.randint(0, 3)):
        at = sorted(chance.randint(0, len(text)) for _ in range(3))
        one, two = text[at[0] : at[1]], text[at[1] : at[2]]
        put = chance.choice(("", one, one + one, two + one, chance.choice((*LITERALS, *DAMAGED, *INSIDE)) + two))
        text = text[: at[0]] + put + text[at[2 if put.endswith(one) else 1] :]
    return text


def choices(count: int) -> Iterator[Shown]:
    """What bodies commit to: two of the suite's answers to like questions together, words left out and exchanged."""
    chance = random.Random(3)  # noqa: S311 - no secrets
    cases, like = load_cases(), dict[Any, list[Any]]()
    for case in cases:
        if len(case.body) < 400:
            like.setdefault((case.option_set, case.select), []).append(case)
    several = [group for group in like.values() if len(group) > 5]
    for _ in range(count):
        group = chance.choice(several)
        one, two = chance.choice(group), chance.choice(group)
        words = [*one.body.split(" "), chance.choice(JOINS), *two.body.split(" ")]
        if chance.random() < 0.5:
            words = words[: len(one.body.split(" "))]
        if chance.random() < 0.5:
            del words[chance.randrange(len(words))]
        if chance.random() < 0.3:
            a, b = chance.randrange(len(words) or 1), chance.randrange(len(words) or 1)
            words[a : a + 1], words[b : b + 1] = words[b : b + 1], words[a : a + 1]
        body = " ".join(words)
        whole = choose(body, one.option_set, one.select)
        quick = label_alone(body, one.option_set.labels) or read_choice(body, one.option_set, one.select)
        yield body, [(found.labels, found.form, found.reason) for found in (whole, quick)]


def rules() -> Iterator[tuple[Reward, list[Case]]]:
    """Every reward that a rule's cases or a preset is about, with those cases."""
    found: dict[str, tuple[Reward, list[Case]]] = {}
    for rule in RULES:
        for case in sys.modules[rule.__module__].CASES:
            reward = case.reward if case.reward is not None else rule.model_validate({})
            found.setdefault(load_document(reward).digest, (reward, []))[1].append(case)
    yield from found.values()
    some = [case for _, cases in found.values() for case in cases if not case.columns][:60]
    yield from ((preset.reward, some) for preset in PRESETS.values())


Scored = tuple[Scorer, pa.Table, list[str]]


def made_tables(count: int) -> list[Scored]:
    """A scorer for every rule, and a table for it with columns of one of the types."""
    chance, made = random.Random(5), []  # noqa: S311 - no secrets
    for number, (reward, cases) in enumerate(rules()):
        if None in load_document(reward).libraries().values():
            continue
        chosen = [chance.choice(cases) for _ in range(count)]
        rollouts = zip(chosen, make_rollouts(count, seed=number), strict=True)
        texts = [edited(chance, chance.choice((case.completion or "", one.completion))) for case, one in rollouts]
        columns: dict[str, Any] = {
            "completion": LAYOUTS[number % len(LAYOUTS)](pa.array(texts, pa.string())),
            "gold": [case.gold if isinstance(case.gold, str | None) else ",".join(case.gold) for case in chosen],
            "options": [dict(zip(case.options.labels, case.options.texts, strict=True)) for case in chosen],
            **{name: [case.columns.get(name) for case in chosen] for case in cases for name in case.columns},
        }
        if group_rules(reward):
            columns["group_id"] = [place // 4 for place in range(count)]
        made.append((Scorer(reward), pa.table(columns), texts))
    return made


def paid(tables: list[Scored]) -> Iterator[Shown]:
    """What every rule pays."""
    for scorer, table, texts in tables:
        try:
            yield from zip(texts, scorer.score(table).table["reward"].to_pylist(), strict=True)
        except MedrewardError as error:
            yield "", (type(error).__name__, error.code)


def told() -> list[str]:
    """Every text that the tests of ``text/`` hold."""
    files = sorted((Path(__file__).parent / "text").glob("test_*.py"))
    nodes = (node for file in files for node in ast.walk(ast.parse(file.read_text())))
    return sorted({node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)})


def texts(count: int) -> Iterator[Shown]:
    """What is read in prompts and templates, and what is taken off texts."""
    chance, known = random.Random(7), told()  # noqa: S311 - no secrets
    for _ in range(count):
        text = edited(chance, chance.choice(known)).encode("utf-8", "replace").decode()
        yield text, options_in(text)
        yield text, (close_up_tags(text), drop_end_mark(text), vlm_r1_choice(text), inside_answer([text]))
        yield text, without_end_tokens(pa.array([text, None]), ["<|im_end|>", "</s>"]).to_pylist()
        yield text, prefixed(pa.array([text, None]), "<think>").to_pylist()
        if "{%" in text or "{{" in text:
            opening = opening_of(text)
            yield text, opening and (opening.prefill(), opening.other_prefills())


def _told_of(value: Callable[[], Iterator[Shown]]) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    steps = value()
    while True:
        try:
            shown, came = next(steps)
        except StopIteration:
            return found
        except Exception as error:  # noqa: BLE001 - a mutant may raise anything: that is what it changes
            return [*found, ("", repr(error))]
        found.append((shown, repr(came)))


def judged(mutant: str, value: Callable[[], Iterator[Shown]], before: list[tuple[str, str]]) -> str:
    """How a mutant differs: how often, and the shortest text that shows it; nothing where it does not."""
    os.environ["MUTANT_UNDER_TEST"] = mutant
    signal.alarm(SECONDS)
    now = _told_of(value)
    apart = [(one, two) for one, two in zip(before, now, strict=False) if one != two]
    if len(now) < len(before):
        return f"{len(apart)} raises {now[-1][1]}"
    if not apart:
        return ""
    one, two = min(apart, key=lambda pair: len(pair[0][0]))
    return f"{len(apart)} of {len(before)}: {one[0]!r} {one[1]} -> {two[1]}"


def survivors() -> list[str]:
    """The names of the mutants that survived, by the files mutmut keeps beside the code."""
    kept = (json.loads(path.read_text())["exit_code_by_key"] for path in sorted(Path("medreward").rglob("*.meta")))
    return [name for codes in kept for name, code in codes.items() if code == 0]


def in_a_fork(work: Callable[..., Any], *given: Any) -> Any:
    """What comes of the work in a process of its own, which has read nothing before; None where it is stopped."""
    receive, send = multiprocessing.get_context("fork").Pipe(duplex=False)
    process = multiprocessing.get_context("fork").Process(target=_sent, args=(send, work, *given))
    process.start()
    send.close()
    try:
        return receive.recv()
    except EOFError:
        return None
    finally:
        process.join()


def _sent(send: Any, work: Callable[..., Any], *given: Any) -> None:
    sys.stdout = sys.stderr = open(os.devnull, "w")  # noqa: SIM115, PTH123 - for the rest of a short life
    send.send(work(*given))
    send.close()


def main() -> None:
    """Judge the survivors whose name begins with what is given."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("prefix", nargs="?", default="", help="only mutants whose name begins so")
    parser.add_argument("--count", type=int, default=2500, help="bodies; texts; a hundredth of it, rows for each rule")
    given = parser.parse_args()
    names = [name for name in survivors() if name.startswith(given.prefix)]
    of_choice = partial(choices, given.count)
    of_tables = partial(paid, made_tables(given.count // 100))
    of_texts = partial(texts, given.count)
    known = {value: in_a_fork(_told_of, value) for value in (of_choice, of_tables, of_texts)}
    alike = 0
    for name in names:
        values = (of_choice,) if ".text.choice." in name else (of_tables, of_texts)
        for value in values:
            said = in_a_fork(judged, name, value, known[value])
            said = "takes too long" if said is None else said
            if said:
                print(f"{name.removeprefix('medreward.')}\n    {said}", flush=True)
                break
        else:
            alike += 1
    print(f"{len(names)} survivors, {alike} of them give what the unchanged code gives")


if __name__ == "__main__":
    main()
