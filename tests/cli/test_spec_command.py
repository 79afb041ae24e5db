"""``medreward spec``."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest

import medreward
from medreward.spec import Kinds
from medreward_cli.main import main


def printed(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    """What ``spec`` prints."""
    assert main(["spec", *arguments]) == 0
    return capsys.readouterr().out


def test_the_list_names_every_preset_once_and_the_default(capsys: pytest.CaptureFixture[str]) -> None:
    lines = printed(capsys, "list").splitlines()
    assert [line.split()[0] for line in lines] == list(medreward.PRESETS)
    assert [line.split()[0] for line in lines if line.endswith("(default)")] == ["medvlm-r1"]


@pytest.mark.parametrize("name", list(medreward.PRESETS))
def test_what_is_shown_is_the_document_itself(name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for flags, suffix in (([], "yaml"), (["--yaml"], "yaml"), (["--json"], "json")):
        path = tmp_path / f"shown.{suffix}"
        path.write_text(printed(capsys, "show", name, *flags))
        assert medreward.load_document(path) == medreward.PRESETS[name].document
    assert json.loads(path.read_text())["medreward"] == 1


def test_a_preset_is_shown_with_its_source(capsys: pytest.CaptureFixture[str]) -> None:
    out = printed(capsys, "show", "medvlm-r1")
    assert "# source: arXiv 2502.19634, Figure 1" in out
    assert f"# digest: {medreward.load_document('medvlm-r1').digest}" in out


def test_digests_are_the_librarys(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    digest = medreward.load_document("mcq").digest
    (tmp_path / "mine.json").write_text(medreward.load_document("mcq").to_json())
    assert printed(capsys, "digest", "mcq") == f"{digest}\n"
    assert printed(capsys, "digest", str(tmp_path / "mine.json")) == f"{digest}\n"


def test_every_file_is_validated_and_one_wrong_one_is_exit_2(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    good, bad, last = tmp_path / "good.json", tmp_path / "bad.yaml", tmp_path / "last.json"
    good.write_text(medreward.load_document("mcq").to_json())
    last.write_text(medreward.load_document("medvlm-r1").to_json())
    bad.write_text("reward: {kind: tag_presense.v1}\n")
    assert main(["spec", "validate", str(good), str(bad), str(last)]) == 2
    captured = capsys.readouterr()
    assert captured.out.splitlines() == [
        f"ok {good} {medreward.load_document('mcq').digest}",
        f"ok {last} {medreward.load_document('medvlm-r1').digest}",
    ]
    assert "bad.yaml" in captured.err
    assert "'tag_presence.v1'" in captured.err
    assert main(["spec", "validate", str(good)]) == 0


def test_only_modules_that_the_command_is_given_are_held_to_their_cases(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    module = tmp_path / "rule_without_cases.py"
    module.write_text(
        "from typing import Literal\n"
        "from medreward.rewards import REWARDS, Reward\n"
        "@REWARDS.add\n"
        "class Caseless(Reward):\n"
        "    kind: Literal['caseless_to_validate.v1'] = 'caseless_to_validate.v1'\n"
    )
    assert main(["spec", "validate", "mcq", "--import", str(module)]) == 2
    assert "no case is about 'zero'" in capsys.readouterr().err
    assert main(["spec", "validate", "mcq"]) == 0


@pytest.mark.parametrize("command", ["show", "digest", "validate"])
def test_an_unknown_reward_is_exit_2(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["spec", command, "mqc"]) == 2
    assert "'mcq'" in capsys.readouterr().err


def test_json_and_yaml_at_once_is_a_usage_error() -> None:
    assert main(["spec", "show", "mcq", "--json", "--yaml"]) == 2


def test_the_schema_is_json_that_a_preset_satisfies(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["spec", "schema"]) == 0
    schema = json.loads(capsys.readouterr().out)
    jsonschema.Draft202012Validator(schema).validate(medreward.PRESETS["mcq"].document.to_dict())


def test_every_kind_is_listed_and_explained_with_its_fields(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["spec", "rules"]) == 0
    listed = capsys.readouterr().out
    for noun in ("reward", "fact"):
        for kind in Kinds.tables[noun].names():
            assert f"  {kind} " in listed
            assert main(["spec", "rules", kind]) == 0
            assert capsys.readouterr().out.startswith(f"{noun} {kind}, in Python ")
    assert main(["spec", "rules", "LengthBand"]) == 0
    shown = capsys.readouterr().out
    assert '  length: {"kind": "length.v1"' in shown
    assert "  least: 0\n  most: null\n" in shown
    assert main(["spec", "rules", "length_bond.v1"]) == 2
    assert "length_band.v1" in capsys.readouterr().err
