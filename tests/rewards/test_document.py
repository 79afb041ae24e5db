"""Reward documents: the same reward in any writing, a digest that never drifts, and errors that name the path."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from medreward import (
    PRESETS,
    AnswerLetter,
    Clip,
    Constant,
    Document,
    DocumentError,
    ExtraneousText,
    NonEmptyReasoning,
    PartialCredit,
    Reward,
    TagPresence,
    WeightedSum,
    document_schema,
    load_document,
)
from medreward.rewards import EqualText
from medreward.rewards.document import MAX_BYTES, MAX_DEPTH
from medreward.testing import strategies
from medreward.text import TagSet

DIGESTS: dict[str, str] = {
    "medvlm-r1": "sha256:8ca695b430d83b174f35129bf7dbe95d83f039fdcffa4a06f28c08167314cb8f",
    "medvlm-r1-code": "sha256:15705245c5d1956d9da5e2cdcd056cf888f59b0517920cbd989b7c9c5f1596a7",
    "medvlm-r1-eval": "sha256:b95eb51c5debef3590905efce649c95ac78a608bc6ff774acc581010dca5c4ed",
    "mcq": "sha256:ca1e173967f6a8cdb891abef7251c12ce0bf0cfef7070796aefa01a05207108c",
    "open-r1-multimodal": "sha256:8ef480b7857c26d78f3e20ed2e1a8db4367eb8a90f889c6afe882936bb37e469",
    "r1-v": "sha256:be63e26566bf672c5844c28328ec9cc35efdca477c71046e01713a2366c612e0",
    "med-r1": "sha256:be63e26566bf672c5844c28328ec9cc35efdca477c71046e01713a2366c612e0",
    "med-r1-nothink": "sha256:b802557c9f49bfa76359831cab0a7f400b9a31bb44961313686de04c4d2a0358",
    "med-r1-cxr": "sha256:b9812c711795e82b3e3e94aea486d035e2e73f4f08a3d8fd9838e1c0c6840e8b",
    "medvlthinker": "sha256:e6c3c6349c1d2cc5945e6246048654c858e91ccd25b1f74a3629a8b31ba0cd04",
    "easyr1-r1v": "sha256:18d051b1e7c5eda94ee67fcfbd52410d225e59fb68e31c38f2e671a9ff87a469",
    "vlm-r1-mcq": "sha256:9dd1fc2acdf56ce1ec0979eb7dcf97a8c17038116869a1a1cc6397a02e102df3",
    "medreasoning-easyr1-think": "sha256:5ca50d8f5d5ea583d28e68217d45bc860024adde5db88e26731f19a4c1879caf",
    "medreasoning-easyr1-direct": "sha256:3d47b97495f9c37700c05e8d7f3cccd466d1b8259f685296db038608eb827ec6",
    "composite-medqa": "sha256:a51fc3f86599a849dad34f063012e70c8b69dbd305e7c02cd41afdf48a775329",
    "trl-think-format": "sha256:bebddad80ec439de94f882c514f62e8b4133f425de2d6bb87e9ed5f9a1f86835",
    "open-r1-format": "sha256:662f2fcaf00cb665b5379c348ec50e87bdccb08e1d3f3e58d4d10f8bd9af9a99",
    "open-r1-tag-count": "sha256:ba4940bf246845a138600194cf9226ecadfdf26afffd2199fc0af1e09e2dfa0e",
    "ms-swift-format": "sha256:326a6379605d7ea9fcb5705c86196064605492d684b178c6ba0b439fe5e1914b",
    "nemo-rl-format": "sha256:7ba330e08818be67df3911688237c865a89985b5027d573510ea6996a2f36927",
    "nemo-rl-exact-alnum": "sha256:b530b9c0cd3a888728e805e7fd433c509b3ac5237aea0727096e17b1f20bb39b",
    "open-r1-cosine": "sha256:11dc7f9e6c74a6c086a50b541001dd7cef0b2a7c9e4a52e307a0199cd6fc91ca",
    "open-r1-length": "sha256:b84b6cbcd9d4f90a4418c6370ba6406b55122fbcaa58d808a9686218eece4f44",
    "open-r1-repetition": "sha256:232f28bb43ceb32badb25a5da87f0f539463be779e99fae5aee5a88e3f988b1d",
    "dapo-soft-overlong": "sha256:959a4c9aa502bd5573b38fae76c6ec4ce0b3297cd9d1d6d7b0d6bac1df18c907",
}


def scanned(**fields: str) -> str:
    """A document that scans for letters."""
    inner = "".join(f', "{name}": "{value}"' for name, value in fields.items())
    return '{"reward": {"kind": "scanned_letter.v1", "scan": {"kind": "label_scan.v1"' + inner + "}}}"


PLAIN = (
    TagPresence(),
    TagPresence(count="at_least_once", ordered=False, credit="per_tag"),
    ExtraneousText(allow=("before",)),
    ExtraneousText(mode="penalty", amount=0.3),
    NonEmptyReasoning(),
    AnswerLetter(),
    PartialCredit(),
)
"""Rules that need no column, no group and no other library."""


def rewards() -> st.SearchStrategy[Reward]:
    """Composed rewards."""
    return strategies.rewards(leaves=PLAIN)


@given(rewards())
def test_a_document_survives_json_and_yaml(reward: Reward) -> None:
    document = Document(reward=reward)
    for text in (document.to_json(), document.to_json(indent=2)):
        assert load_document(text) == document
    from medreward.rewards.plain_yaml import read_yaml

    assert load_document(read_yaml(document.to_yaml())) == document
    assert load_document(document.to_json()).digest == document.digest


@given(rewards())
def test_a_document_satisfies_the_json_schema(reward: Reward) -> None:
    jsonschema.Draft202012Validator(SCHEMA).validate(json.loads(Document(reward=reward).to_json()))


SCHEMA = document_schema()


@pytest.mark.parametrize(
    "document",
    [
        {"reward": {"kind": "tag_presence.v2"}},
        {"reward": {"kind": "tag_presence.v1", "cuont": 1}},
        {"reward": {"kind": "constant.v1", "value": "1"}},
        {"reward": {"kind": "holds.v1", "facts": [{"kind": "layout.v1", "path": ["start", "nothing", "think"]}]}},
        {"reward": {"kind": "holds.v1", "facts": [{"kind": "tag_count.v1", "tag": "<think>"}]}},
        {"reward": {"kind": "partial_credit.v1", "choice": {"kind": "has_text.v1"}}},
        {"reward": {"kind": "tag_presence.v1", "tags": []}},
        {"reward": {"kind": "non_empty_reasoning.v1", "tag": "<think>"}},
        {"medreward": True, "reward": {"kind": "constant.v1"}},
        {"tags": {}},
    ],
)
def test_what_is_refused_does_not_satisfy_the_json_schema(document: dict[str, object]) -> None:
    with pytest.raises(DocumentError):
        load_document(document)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.Draft202012Validator(SCHEMA).validate(document)


@pytest.mark.parametrize("name", PRESETS)
def test_the_digest_of_a_preset_is_the_one_written_down(name: str) -> None:
    assert PRESETS[name].document.digest == DIGESTS[name]
    assert PRESETS[name].document.name == name


def test_presets_that_are_one_document_tell_the_name_that_was_asked_for() -> None:
    asked, other = load_document("med-r1"), load_document("r1-v")
    assert (asked == other, hash(asked) == hash(other), asked.digest == other.digest) == (True, True, True)
    assert (asked.name, other.name, asked.source) == ("med-r1", "r1-v", "med-r1")
    assert asked.names == other.names == ("r1-v", "med-r1")
    assert load_document(PRESETS["med-r1"]).name == "med-r1"
    assert asked.model_copy().name == "med-r1"
    assert load_document(asked.to_json()).name == "r1-v"  # a document does not say what it was called


def test_a_document_made_from_a_preset_by_a_change_has_no_presets_name() -> None:
    changed = load_document("med-r1").model_copy(update={"reward": EqualText()})
    assert (changed.name, changed.names) == (None, ())


def test_spelling_out_a_default_or_writing_keys_in_another_order_keeps_the_digest() -> None:
    short = load_document('{"reward": {"kind": "constant.v1", "value": 1}}')
    long = load_document(
        '{"reward": {"value": 1.0, "kind": "constant.v1", "name": null}, "grammar": 1, "medreward": 1}'
    )
    assert short.digest == long.digest


def test_minus_zero_is_zero() -> None:
    assert Document(reward=Constant(value=-0.0)).digest == Document(reward=Constant(value=0.0)).digest


@pytest.mark.parametrize(
    ("document", "code", "words"),
    [
        ('{"reward": {"kind": "tag_presense.v1"}}', "bad_document", "'tag_presence.v1'"),
        (
            '{"reward": {"kind": "tag_presence.v1", "cuont": 1}}',
            "bad_document",
            "reward: Unknown field 'cuont' (count?); there are ",
        ),
        ('{"reward": {"kind": "tag_presence.v1", "count": "twice"}}', "bad_document", "reward.count"),
        ('{"reward": {"kind": "tag_presence.v1", "tags": []}}', "bad_document", "reward.tags"),
        ('{"reward": {"kind": "tag_presence.v1", "tags": ["plan"]}}', "bad_document", "plan"),
        ('{"reward": {"kind": "tag_presence.v1", "ordered": 1}}', "bad_document", "reward.ordered"),
        (
            '{"reward": {"kind": "clip.v1", "reward": {"kind": "constant.v1"}, "low": 2, "high": 1}}',
            "bad_document",
            "low",
        ),
        ('{"reward": {"kind": "extraneous_text.v1", "amount": -1}}', "bad_document", "reward.amount"),
        ('{"reward": {"kind": "soft_overlong.v1", "limit": 1.5, "margin": 1}}', "bad_document", "reward.limit"),
        ('{"reward": {"kind": "length_band.v1", "least": 3, "most": 2}}', "bad_document", "most"),
        (
            '{"reward": {"kind": "length_band.v1", "length": {"kind": "length.v1", "of": "plan"}}}',
            "bad_document",
            "plan",
        ),
        ('{"reward": {"kind": "weighted_sum.v1", "parts": []}}', "bad_document", "reward.parts"),
        (
            '{"reward": {"kind": "weighted_sum.v1", "parts": [{"reward": {"kind": "x"}}]}}',
            "bad_document",
            "reward.parts[0].reward",
        ),
        ('{"reward": {"kind": "constant.v1", "value": 1e999}}', "bad_document", "finite"),
        ('{"reward": {"kind": "constant.v1", "value": true}}', "bad_document", "number"),
        ('{"reward": {"kind": "constant.v1", "value": NaN}}', "bad_syntax", "NaN"),
        ('{"reward": {"kind": "constant.v1"}, "reward": {"kind": "constant.v1"}}', "bad_syntax", "twice"),
        ('{"reward": ', "bad_syntax", "line 1"),
        ('{"reward": {"kind": "constant.v1", "name": "Not A Name"}}', "bad_document", "reward.name"),
        ('{"reward": "medvlm-r1"}', "bad_document", "not str"),
        ('{"medreward": 2, "reward": {"kind": "constant.v1"}}', "bad_document", "medreward"),
        ('{"tags": {"think": "a b"}, "reward": {"kind": "constant.v1"}}', "bad_document", "tags.think"),
        ('{"tags": {"think": "Answer"}, "reward": {"kind": "constant.v1"}}', "bad_document", "tags"),
        (scanned(alphabet=""), "bad_document", "reward.scan.alphabet"),
        (scanned(alphabet="AAB"), "bad_document", "different visible characters"),
        (scanned(alphabet="A B"), "bad_document", "different visible characters"),
        (scanned(alphabet="\\ud800"), "bad_document", "reward.scan"),
        (scanned(alphabet="ab"), "bad_document", "upper case"),
        ('{"reward": {"kind": "constant.v1", "value": ' + "9" * 4000 + "}}", "bad_document", "an enormous integer"),
        ("nosuch", "unknown_reward", "medvlm-r1"),
        ("medvlm_r1", "unknown_reward", "'medvlm-r1'"),
        ("nosuch.yaml", "unreadable_document", "nosuch.yaml"),
    ],
)
def test_a_wrong_document_is_an_error_that_says_where(document: str, code: str, words: str) -> None:
    with pytest.raises(DocumentError) as caught:
        load_document(document)
    assert caught.value.code == code
    assert words in str(caught.value)
    assert caught.value.exit_code == 2


def test_an_enormous_document_is_refused() -> None:
    with pytest.raises(DocumentError, match="bytes") as caught:
        load_document('{"reward": "' + "x" * MAX_BYTES + '"}')
    assert caught.value.code == "document_too_large"
    assert len(str(caught.value)) < 1000


@pytest.mark.parametrize("depth", [MAX_DEPTH + 1, 20_000])
def test_a_document_nested_too_deep_is_refused(depth: int) -> None:
    with pytest.raises(DocumentError) as caught:
        load_document('{"a":' * depth + "1" + "}" * depth)
    assert caught.value.code == "document_too_deep"


@pytest.mark.parametrize("depth", [MAX_DEPTH - 1, MAX_DEPTH, 3000])
def test_a_reward_nested_too_deep_in_python_is_refused(depth: int) -> None:
    reward: Reward = Constant()
    for _ in range(depth):
        reward = Clip.model_construct(kind="clip.v1", name=None, reward=reward, low=None, high=None)
    with pytest.raises(DocumentError):
        load_document(reward)


def test_the_deepest_reward_that_loads_can_be_read_back() -> None:
    reward: Reward = Constant()
    for _ in range(MAX_DEPTH - 3):
        reward = Clip(reward=reward)
    assert load_document(load_document(reward).to_json(indent=1)) == load_document(reward)


def test_the_canonical_form_leaves_defaults_out() -> None:
    document = Document(reward=TagPresence(count="at_least_once"))
    assert document.to_json() == (
        '{"grammar":1,"medreward":1,"reward":{"count":"at_least_once","kind":"tag_presence.v1"}}'
    )


@pytest.mark.parametrize("name", ["a\0.json", "a\ud800.json", "x" * 5000 + ".json", "."])
def test_a_name_no_file_can_have_is_an_error(name: str) -> None:
    with pytest.raises(DocumentError):
        load_document(name)


def test_a_preset_itself_names_its_reward() -> None:
    assert load_document(PRESETS["mcq"]) == PRESETS["mcq"].document


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("reward: &a {kind: constant.v1}\n", "anchors"),
        ("reward: {kind: constant.v1, kind: constant.v1}\n", "once"),
        ("reward: !!python/object/apply:os.system ['true']\n", "python"),
        ("1: 2\n", "strings"),
        ("reward: [\n", "line"),
        ("\x00", "special characters"),
    ],
)
def test_yaml_with_code_anchors_or_repeated_keys_is_refused(tmp_path: Path, text: str, words: str) -> None:
    path = tmp_path / "reward.yaml"
    path.write_text(text)
    with pytest.raises(DocumentError) as caught:
        load_document(path)
    assert caught.value.code == "bad_syntax"
    assert words in str(caught.value)
    assert str(path) in str(caught.value)


def test_a_yaml_file_is_read(tmp_path: Path) -> None:
    path = tmp_path / "reward.yml"
    path.write_text("tags: {answer: solution}\nreward:\n  kind: tag_presence.v1\n  count: at_least_once\n")
    assert load_document(path) == Document(tags=TagSet(answer="solution"), reward=TagPresence(count="at_least_once"))


def test_two_different_components_of_one_name_are_refused() -> None:
    both = TagPresence().named("format") + ExtraneousText().named("format")
    with pytest.raises(DocumentError, match="'format'"):
        load_document(both)


def test_of_makes_named_components_with_weights() -> None:
    made = WeightedSum.of(tags=TagPresence(), text=(0.5, ExtraneousText()))
    assert made == TagPresence().named("tags") + 0.5 * ExtraneousText().named("text")
