"""Rules of users have what built-ins have; functions score, and say that they cannot be written down."""

from __future__ import annotations

import json
import pickle
import subprocess
import sys
import textwrap
from pathlib import Path

import numpy as np
import pytest
from pydantic import ValidationError

from medreward import DocumentError, RuleError, Scorer, TagPresence, UsageError, explain, score_one
from medreward.rewards import Document, from_function, import_rules

RULE = '''
from typing import Literal
from medreward.rewards import REWARDS, Case, Gold, Reward, Values
from medreward.text import Reading, TagCount

@REWARDS.add
class OneAnswer(Reward):
    """1 if the answer tag is opened exactly once, else 0."""
    pays = (0.0, 1.0)
    kind: Literal["KIND"] = "KIND"
    def evaluate(self, reading: Reading, gold: Gold) -> Values:
        return Values.of(reading[TagCount(tag="<answer>")] == 1, reading.rows.valid)
    def bounds(self) -> tuple[float, float]:
        return (0.0, 1.0)
    def why(self, reading: Reading, gold: Gold) -> str:
        return f"<answer> occurs {reading[TagCount(tag='<answer>')][0]} times"

CASES = (
    Case("maximum", "<answer>B</answer>", 1),
    Case("zero", "<answer><answer>", 0),
    Case("malformed", "<answer>B", 1),
    Case("empty", "", 0),
    Case("non_ascii", "é<answer>", 1),
)
'''


def run(code: str, folder: Path, *args: str) -> subprocess.CompletedProcess[str]:
    """Python in a process of its own, so that nothing stays known here."""
    return subprocess.run(
        [sys.executable, *(args or ("-c", textwrap.dedent(code)))],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )


def medreward(folder: Path, *args: str) -> subprocess.CompletedProcess[str]:
    """The command line in a process of its own."""
    return run("", folder, "-m", "medreward_cli", *args)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with a rule and a document that names it."""
    (tmp_path / "mine.py").write_text(RULE.replace("KIND", "one_answer.v1"))
    (tmp_path / "reward.yaml").write_text("reward: {kind: one_answer.v1, name: single}\n")
    return tmp_path


def test_an_imported_rule_validates_scores_explains_and_is_in_the_schema(folder: Path) -> None:
    assert medreward(folder, "spec", "validate", "reward.yaml").returncode == 2
    checked = medreward(folder, "spec", "validate", "--import", "mine.py", "reward.yaml")
    assert checked.returncode == 0, checked.stderr
    assert "OneAnswer" in json.loads(medreward(folder, "spec", "schema", "--import", "mine.py").stdout)["$defs"]
    answer = ("explain", "--completion", "<answer>B</answer>", "--reward", "reward.yaml", "--import", "mine.py")
    assert "<answer> occurs 1 times" in medreward(folder, *answer).stdout
    shown = medreward(folder, "spec", "show", "reward.yaml", "--import", "mine.py").stdout
    assert "# single: 0 to 1 (both reached); no other values than 0, 1" in shown
    (folder / "in.jsonl").write_text('{"completion": "<answer>B</answer>", "gold": "B"}\n')
    scored = medreward(
        folder, "score", "in.jsonl", "-o", "out.parquet", "--reward", "reward.yaml", "--import", "mine.py"
    )
    assert scored.returncode == 0, scored.stderr
    code = """
        import json, pyarrow.parquet as pq
        table = pq.read_table("out.parquet")
        print(table["reward_single"].to_pylist(), table.schema.metadata[b"medreward.libraries"].decode())
    """
    out = run(code, folder).stdout
    assert out.startswith("[1.0] ")
    assert '_mine": "sha256:' in out


def test_cases_of_an_imported_rule_that_fail_or_are_missing_are_said(folder: Path) -> None:
    text = (
        RULE.replace("KIND", "one_answer.v1").replace('"<answer>B", 1)', '"<answer>B", 0)').replace('"empty"', '"none"')
    )
    (folder / "mine.py").write_text(text)
    done = medreward(folder, "spec", "validate", "--import", "mine.py", "reward.yaml")
    assert done.returncode == 2
    assert "case 'malformed', '<answer>B': earns 1.0, and should earn 0" in done.stderr
    assert "no case is about 'empty'" in done.stderr


@pytest.mark.parametrize(
    ("text", "code", "words"),
    [
        ("import nosuchpackage", "import_failed", "nosuchpackage"),
        ("x = (", "import_failed", "SyntaxError"),
        ("x = 1 / 0", "import_failed", "ZeroDivisionError"),
        ("x = 1", "no_rules", "REWARDS.add"),
        (RULE.replace("KIND", "tag_presence.v1"), "import_failed", "two rewards of kind 'tag_presence.v1'"),
        (RULE.replace("KIND", "x.v1").replace('"x.v1"] = "x.v1"', '"x.v1"]'), "import_failed", "needs a kind"),
        (RULE.replace("KIND", "x.v1").replace('= "x.v1"', '= "y.v1"'), "import_failed", "says that it has 'x.v1'"),
    ],
)
def test_a_module_that_cannot_be_used_is_an_error_that_says_why(
    tmp_path: Path, text: str, code: str, words: str
) -> None:
    (tmp_path / "bad.py").write_text(text)
    with pytest.raises(UsageError) as caught:
        import_rules(str(tmp_path / "bad.py"))
    assert caught.value.code == code
    assert words in str(caught.value)


def test_a_module_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    for name in ("nosuch.module", str(tmp_path / "nosuch.py")):
        with pytest.raises(UsageError) as caught:
            import_rules(name)
        assert caught.value.code == "import_failed"


def test_a_kind_that_an_installed_package_offers_is_found_when_a_document_names_it(folder: Path) -> None:
    info = folder / "mine-2.5.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: mine\nVersion: 2.5\n")
    (info / "entry_points.txt").write_text("[medreward.rules]\none_answer.v1 = mine:OneAnswer\nother.v1 = nosuch\n")
    (info / "top_level.txt").write_text("mine\n")
    code = """
        import sys
        import medreward
        document = medreward.load_document("reward.yaml")
        print("mine" in sys.modules, document.libraries(), medreward.score_one("<answer>", reward=document))
        try:
            medreward.load_document({"reward": {"kind": "other.v1"}})
        except medreward.UsageError as error:
            print(error.code)
    """
    done = run(code, folder)
    assert done.stdout == "True {'mine': '2.5'} 1.0\nimport_failed\n", done.stderr


def test_a_function_that_ends_the_process_is_a_mistake_of_the_function() -> None:
    def leaves(completion: np.ndarray) -> np.ndarray:
        return sys.exit(0)

    with pytest.raises(RuleError, match="SystemExit: 0") as caught:
        score_one("x", reward=from_function(leaves))
    assert caught.value.code == "rule_raised"
    assert "test_user_rules.py, line" in str(caught.value.where)


def test_a_module_of_the_working_directory_is_found_by_its_name(folder: Path) -> None:
    done = run("", folder, "-P", "-m", "medreward_cli", "spec", "digest", "--import", "mine", "reward.yaml")
    assert done.returncode == 0, done.stderr


def long_enough(completion: np.ndarray, tokens: np.ndarray) -> np.ndarray:
    """A vectorized function."""
    sizes = np.array([len(text or "") for text in completion], np.float64)
    return np.asarray(np.minimum(sizes, np.nan_to_num(tokens)) / 10)


def test_a_function_scores_as_a_rule_does_with_components_bounds_and_reasons() -> None:
    reward = from_function(long_enough).named("long") + TagPresence().named("format")
    assert reward.bounds() == (0.0, 2.0)
    table = {"completion": ["abcde", None, "x" * 10], "tokens": [3, 4, None], "gold": ["B"] * 3}
    scores = Scorer(reward).score(table)
    assert scores.table["reward_long"].to_pylist() == [0.3, None, 0.0]
    assert "long" in str(explain("abc", reward=reward, columns={"tokens": 2}))
    assert "long_enough says so" in str(explain("abc", reward=reward, columns={"tokens": 2}))
    assert "reward" in repr(scores)
    assert b"medreward.digest" not in scores.to_arrow().schema.metadata


def test_a_function_of_the_gold_is_null_where_the_gold_is() -> None:
    reward = from_function(lambda completion, gold: np.array([a == b for a, b in zip(completion, gold, strict=True)]))
    assert [score_one("B", gold, reward=reward) for gold in ("B", "C", None)] == [1.0, 0.0, None]


def test_a_function_takes_texts_and_golds_to_their_last_character() -> None:
    def both(completion: np.ndarray, gold: np.ndarray) -> list[bool]:
        return [text == "B\0" and label == "B\0" for text, label in zip(completion, gold, strict=True)]

    assert score_one("B\0", "B\0", reward=from_function(both)) == 1.0


def test_a_function_takes_a_list_of_golds_as_json() -> None:
    function = from_function(lambda gold: [cell == '["A", "B"]' for cell in gold])
    scores = Scorer(function).score({"completion": ["x", "x"], "gold": [["A", "B"], ["B"]]})
    assert scores.rewards.tolist() == [1.0, 0.0]


@pytest.mark.parametrize("bounds", [(0.0, float("inf")), (1.0, 0.0), (float("nan"), 1.0)])
def test_bounds_of_a_function_are_two_finite_numbers(bounds: tuple[float, float]) -> None:
    with pytest.raises(UsageError) as raised:
        from_function(lambda completion: [0.0] * len(completion), bounds=bounds)
    assert raised.value.code == "bad_bounds"


def test_a_function_has_the_bounds_that_are_said_and_0_to_1_else() -> None:
    assert from_function(long_enough, (-2.0, 3.0)).bounds() == (-2.0, 3.0)
    assert from_function(long_enough).bounds() == (0.0, 1.0)


def test_nan_where_every_number_is_known_is_an_error_whatever_is_null_in_another_row() -> None:
    function = from_function(lambda score: np.full(len(score), np.nan))
    with pytest.raises(RuleError) as caught:
        Scorer(function).score({"completion": ["a", "b"], "score": [1.0, None]})
    assert caught.value.code == "not_finite"


def test_a_function_cannot_be_written_down_digested_or_sent_away() -> None:
    reward = TagPresence() + from_function(long_enough)
    document = Document(reward=reward)
    for use in (
        document.to_json,
        document.to_yaml,
        document.to_dict,
        lambda: document.digest,
        lambda: pickle.dumps(reward),
    ):
        with pytest.raises(DocumentError, match="long_enough") as caught:
            use()
        assert caught.value.code == "not_serializable"


@pytest.mark.parametrize(
    ("value", "code"), [([1.0, 2.0], "wrong_shape"), (["a"], "wrong_shape"), ([1.5], "out_of_bounds")]
)
def test_a_function_that_gives_something_else_is_an_error(value: list[object], code: str) -> None:
    with pytest.raises(RuleError) as caught:
        score_one("x", reward=from_function(lambda completion: value))
    assert caught.value.code == code


def test_a_function_with_parameters_that_have_no_names_is_an_error() -> None:
    with pytest.raises(UsageError, match="args"):
        from_function(lambda *args: args)


def test_a_function_that_raises_is_named_with_its_line() -> None:
    def broken(completion: object) -> object:
        raise ValueError("no such thing")

    with pytest.raises(RuleError, match="no such thing") as caught:
        score_one("x", reward=from_function(broken))
    assert (caught.value.code, caught.value.exit_code) == ("rule_raised", 70)
    assert f"{Path(__file__).name}, line {broken.__code__.co_firstlineno + 1}" in str(caught.value)


def test_a_parameter_with_a_default_is_no_column_and_a_null_number_gives_null() -> None:
    def scaled(score: np.ndarray, factor: float = 0.5) -> np.ndarray:
        return score * factor

    scores = Scorer(from_function(scaled)).score({"completion": ["a", "b"], "score": [1.0, None]})
    assert scores.to_arrow()["reward"].to_pylist() == [0.5, None]


BROKEN = {
    "raises": (
        "return Values.of(reading[TagCount(tag=",
        "raise KeyError(3)\n        return Values.of(reading[TagCount(tag=",
    ),
    "beyond": ("return (0.0, 1.0)", "return (0.0, 0.5)"),
    "silent": ("    def bounds(self) -> tuple[float, float]:\n        return (0.0, 1.0)\n", ""),
}


@pytest.mark.parametrize(
    ("how", "code", "words", "status"),
    [
        ("raises", "rule_raised", "mine.py, line 12", 70),
        ("beyond", "out_of_bounds", "0 to 0.5", 70),
        ("silent", "bad_document", "does not say its bounds", 2),
    ],
)
def test_a_broken_rule_ends_the_run_with_an_error_that_blames_it(
    folder: Path, how: str, code: str, words: str, status: int
) -> None:
    (folder / "mine.py").write_text((folder / "mine.py").read_text().replace(*BROKEN[how]))
    (folder / "in.jsonl").write_text('{"completion": "<answer>B</answer>", "gold": "B"}\n')
    ended = medreward(folder, "score", "in.jsonl", "--import", "mine.py", "--reward", "reward.yaml")
    assert (ended.returncode, f"error[{code}]" in ended.stderr, words in ended.stderr) == (status, True, True)
    assert "Traceback" not in ended.stderr


def test_sums_that_would_not_be_finite_are_refused_with_the_document() -> None:
    with pytest.raises(ValidationError, match="small enough"):
        Document(reward=TagPresence() * 1e308 + TagPresence() * 1e308)


def test_a_zero_is_never_negative() -> None:
    assert repr(score_one("x", reward=-TagPresence())) == "0.0"


def test_scores_of_an_imported_rule_are_verified_with_the_same_import(folder: Path) -> None:
    (folder / "in.jsonl").write_text('{"completion": "<answer>B</answer>"}\n')
    rule = ("--import", "mine.py")
    assert medreward(folder, "score", "in.jsonl", *rule, "--reward", "reward.yaml", "-o", "out.parquet").returncode == 0
    assert "--import" in medreward(folder, "verify", "out.parquet").stdout
    assert medreward(folder, "verify", "out.parquet", *rule).returncode == 0
