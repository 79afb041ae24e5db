"""``python -m tests.mutants``, run in the folder ``mutants/`` that mutmut makes: tries mutants, and judges survivors.

``try`` runs, for each mutant without a result, the tests that reach it, in a process of its own, as mutmut does. Tests
are collected once for all of them, and the suite of answers is tried first: that makes it several times as quick.

``judge`` asks what the tests may have missed. Each survivor reads texts made by chance beside the unchanged code: the
conformance suite's answers put together and cut, what every rule's cases and the tests of ``text/`` hold with pieces
left out, doubled and exchanged. A survivor that gives another value, an error among them, is printed with the shortest
text that shows it: it wants a case. The others are counted.
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
import tomllib
from collections import Counter
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from _pytest.runner import runtestprotocol

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


class Results:
    """What came of each mutant, in the files that mutmut keeps beside the code: an exit code, None for not tried."""

    def __init__(self) -> None:
        self.kept = {path: json.loads(path.read_text()) for path in sorted(Path("medreward").rglob("*.meta"))}
        self.codes = {
            name: kept["exit_code_by_key"] for kept in self.kept.values() for name in kept["exit_code_by_key"]
        }

    def of(self, code: int | None, prefix: str) -> list[str]:
        """The mutants with this result whose name begins so."""
        return [name for name, codes in self.codes.items() if codes[name] == code and name.startswith(prefix)]

    def save(self) -> None:
        """Write the files."""
        for path, kept in self.kept.items():
            path.write_text(json.dumps(kept, indent=4))


class Trying:
    """A plugin of pytest: instead of running all tests, runs those of each mutant, until one fails.

    Args:
        prefix: only mutants whose name begins so.
        jobs: how many at a time.
    """

    def __init__(self, prefix: str, jobs: int) -> None:
        self.results, self.jobs = Results(), jobs
        self.names = self.results.of(None, prefix)
        found = json.loads(Path("mutmut-stats.json").read_text())
        self.reach, self.took = found["tests_by_mangled_function_name"], found["duration_by_test"]
        self.running: dict[int, str] = {}

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """Try the unchanged code, then every mutant."""
        items = {item.nodeid: item for item in session.items}
        self._forked("", [*items.values()], 20 * SECONDS)
        if self._ended()[1]:
            raise pytest.UsageError("the tests fail where nothing is changed")
        for number, name in enumerate(self.names):
            known = (items[test] for test in self.reach.get(name.rpartition("__mutmut_")[0], ()) if test in items)
            chosen = sorted(known, key=lambda item: ("golden" not in item.nodeid, self.took[item.nodeid]))
            if not chosen:
                self.results.codes[name][name] = _NO_TEST
                continue
            while len(self.running) >= self.jobs:
                self._take()
            self._forked(name, chosen, SECONDS)
            if number % 200 == 0:
                self.results.save()
                print(f"{number} of {len(self.names)}", flush=True)
        while self.running:
            self._take()
        self.results.save()
        print(Counter(_SAYS.get(self.results.codes[name][name], "killed") for name in self.names))
        return True

    def _take(self) -> None:
        name, code = self._ended()
        self.results.codes[name][name] = code

    def _ended(self) -> tuple[str, int]:
        pid, status = os.wait()
        code = os.waitstatus_to_exitcode(status)
        return self.running.pop(pid), _OUT_OF_TIME if code == -signal.SIGALRM else code

    def _forked(self, name: str, items: list[pytest.Item], seconds: int) -> None:
        """Start a process that runs these tests on a mutant: it ends with 1 where one fails, 0 where none does."""
        if pid := os.fork():
            self.running[pid] = name
            return
        code = 1
        try:
            signal.alarm(seconds)
            nothing = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nothing, 1)
            os.dup2(nothing, 2)
            os.environ["MUTANT_UNDER_TEST"] = name
            each = zip(items, [*items[1:], None], strict=True)
            reports = (report for item, then in each for report in runtestprotocol(item, nextitem=then, log=False))
            code = int(any(report.failed for report in reports))
        finally:
            os._exit(code)


_NO_TEST, _OUT_OF_TIME = 33, 36  # as mutmut writes them
_SAYS = {0: "survived", _NO_TEST: "no test", _OUT_OF_TIME: "out of time"}


def tried(prefix: str, jobs: int) -> int:
    """Try the mutants that have no result."""
    settings = tomllib.loads(Path("pyproject.toml").read_text())["tool"]["mutmut"]
    tests = settings["pytest_add_cli_args_test_selection"]
    late = "ignore::pytest.PytestAssertRewriteWarning"  # hypothesis is imported here already
    flags = ["--rootdir=.", "-q", "-s", "-W", late, *settings["pytest_add_cli_args"]]
    return pytest.main([*tests, *flags], plugins=[Trying(prefix, jobs)])


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


def told_by(value: Callable[[], Iterator[Shown]]) -> list[tuple[str, str]]:
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
    now = told_by(value)
    apart = [(one, two) for one, two in zip(before, now, strict=False) if one != two]
    if len(now) < len(before):
        return f"{len(apart)} raises {now[-1][1]}"
    if not apart:
        return ""
    one, two = min(apart, key=lambda pair: len(pair[0][0]))
    return f"{len(apart)} of {len(before)}: {one[0]!r} {one[1]} -> {two[1]}"


def judge(prefix: str, count: int) -> None:
    """Print the survivors that change a value."""
    names = Results().of(0, prefix)
    of_choice, of_texts = partial(choices, count), partial(texts, count)
    of_tables = partial(paid, made_tables(count // 100))
    known = {value: in_a_fork(told_by, value) for value in (of_choice, of_tables, of_texts)}
    alike = 0
    for name in names:
        values = (of_choice,) if ".text.choice." in name else (of_tables, of_texts)
        differences = (in_a_fork(judged, name, value, known[value]) for value in values)
        said = next((TOO_LONG if said is None else said for said in differences if said != ""), "")
        if said:
            print(f"{name.removeprefix('medreward.')}\n    {said}", flush=True)
        alike += not said
    print(f"{len(names)} survivors, {alike} of them give what the unchanged code gives")


TOO_LONG = "takes too long"


def main() -> None:
    """Try or judge."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("step", choices=["try", "judge"])
    parser.add_argument("prefix", nargs="?", default="", help="only mutants whose name begins so")
    parser.add_argument("--jobs", type=int, default=1, help="mutants tried at a time (default: %(default)s)")
    parser.add_argument(
        "--count", type=int, default=2500, help="bodies or texts; a hundredth of it, rows for each rule"
    )
    given = parser.parse_args()
    os.environ["MUTANT_UNDER_TEST"] = ""
    if given.step == "try":
        sys.exit(tried(given.prefix, given.jobs))
    judge(given.prefix, given.count)


if __name__ == "__main__":
    main()
