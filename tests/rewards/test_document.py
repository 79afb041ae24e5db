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
    "medvlm-r1": "sha256:4073988a94eca2a06e9728111a39bca08b71f7d9d4ddf0f45c311211594aadbf",
    "medvlm-r1-code": "sha256:c85f56cf87e57480e98a94b6029d11dd57dd751935aef42adafaffe975c217fd",
    "medvlm-r1-eval": "sha256:8c2cf7f966bc8b38d9d3f72d2f73a3db67521804f4bb62192e77804d64e45b40",
    "mcq": "sha256:5f0345178e3cdf7b5fde42261ee7d9d6d9bc908d4c67bb2cd0dd13cb135d6e55",
    "open-r1-multimodal": "sha256:4c4a7a54a5de972352907f2dd8d5577af344cbb4b86fe778182fd64f95a18c24",
    "r1-v": "sha256:65ce01af52cfd2da59b92635a5953daab1f260e67efb3635ae6a3116f4368e10",
    "med-r1": "sha256:65ce01af52cfd2da59b92635a5953daab1f260e67efb3635ae6a3116f4368e10",
    "med-r1-nothink": "sha256:dcd1372ccf7069b21ce685efbb939015cf2d0de02f2d310067f6e2053ae808fe",
    "med-r1-cxr": "sha256:94ab25334a53dd2fa2146a03fcff9a4953fe83d9f3c7fd23c963450f74e5b280",
    "medvlthinker": "sha256:2108308211a84e9bb773dec524d485135d3b23faa2588dace4d240647005ee34",
    "easyr1-r1v": "sha256:0b92bcc50e0d993d3a9605685ab04b4dbd9fdadc34198f4561f2e7ba3569055e",
    "vlm-r1-mcq": "sha256:6e5e8fa5dfca2b20a1409f1efe8fbca0bf35669bb8cc1bbab57c8e397a6afd9e",
    "medreasoning-easyr1-think": "sha256:47fbec92a86b30dd78850a0a7dc10877b9f04befa359085c4c62f2871b13708b",
    "medreasoning-easyr1-direct": "sha256:6972b2cba160aa4576f91c3112c61b70dfcac1583e72c88ed7fea3129807a643",
    "composite-medqa": "sha256:529b264aebd97d149618009cc3e715b7dd2a12aa6aaec7294868651133e2271e",
    "trl-think-format": "sha256:69d0d7a229e3f069e2646329fbb8ca99fed12611dd16d74e8596c13487b1e0dd",
    "open-r1-format": "sha256:e1352fa283edb4d24d81dd8ec00daf87bf945b2d3118e793d7499de3a56f6362",
    "open-r1-tag-count": "sha256:7aae160ce95fa058db8c125ab9ee44056e0b8e7171b33e7576968b0de02daf1b",
    "ms-swift-format": "sha256:5b45dbc44ab00f2590c69b2ed2901b90c831cdb9e989a074c26617b8e88189c0",
    "nemo-rl-format": "sha256:93477405ed82c39d07a7813efd0a2119ef5b58624be799d19c8a97789bcfaaf3",
    "nemo-rl-exact-alnum": "sha256:a892525a600be02aaaea4ff55dbb037eacfc3a46c510c8b9b2fc9d9900a1810d",
    "open-r1-cosine": "sha256:730fad96ea75f1e6d0087cf0deee6f71a8b775f68d9acbe2e8ef88c39530f21b",
    "open-r1-length": "sha256:1cb3081504e31a517a138f19b39081f8d1e62aaf946cb02e0a3ebd3c1f6d3a14",
    "open-r1-repetition": "sha256:7356b804cb349993ba5aea6a55584546696396b10b823fd956c8f13e6ca2e0d2",
    "dapo-soft-overlong": "sha256:accaa927e4ec11c1bd7251c5cc13828e6081d0e3b46d6b6818c58d8634dcfd4a",
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
        '{"reward": {"value": 1.0, "kind": "constant.v1", "name": null}, "grammar": 2, "medreward": 1}'
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
        '{"grammar":2,"medreward":1,"reward":{"count":"at_least_once","kind":"tag_presence.v1"}}'
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
