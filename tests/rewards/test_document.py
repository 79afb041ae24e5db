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
    "medvlm-r1": "sha256:9555306823765648bdd5348d4429db50b6c899d3245b2cc493e1e71c30140ca7",
    "medvlm-r1-code": "sha256:0c77ebffde33938a0f032c2339a0d38364d39e4b2d943f5556dd9ded8ae720f6",
    "medvlm-r1-eval": "sha256:28734bdf136e49ad8b130bd00c8e7c6af5e95d95b3f88519c2b1463235e82d95",
    "mcq": "sha256:d5e241038b74805cbc11bc1a3b05cc723c94b982412ff1119aa99f884d146008",
    "open-r1-multimodal": "sha256:6dd80981f1981daea6ca603e9d3bfd1941746c510c1fe6c71ae8bb8249ba5e89",
    "r1-v": "sha256:894fe169d8194c5e23b83d0f76ce37789f396b9eb89304f48fe719af75d1a991",
    "med-r1": "sha256:894fe169d8194c5e23b83d0f76ce37789f396b9eb89304f48fe719af75d1a991",
    "med-r1-nothink": "sha256:31a79555a3a41834186291d68c982cb2db4148a440d2425fb7b5aedad9107674",
    "med-r1-cxr": "sha256:b2ac778aa290967e2d7e81ed71ddf4683f084a3546fe6e05a554eb71753ea6ae",
    "medvlthinker": "sha256:3127754f0f945066531eb2d4a11a975e5dd962f29e61d64b59fb3ca1959d1411",
    "easyr1-r1v": "sha256:dfbfe78b0a55050c42a10d0d13a919fcf5c12333912e7cb34823aa93e2d77bc8",
    "vlm-r1-mcq": "sha256:7afe5789db1068638ee4bf4722c1c8193895c7cf90c496de4efb9db1f942377d",
    "medreasoning-easyr1-think": "sha256:e7431da040895df9b99b3041d6d3bc3e92b994e46a20b117b82db548ce1bde20",
    "medreasoning-easyr1-direct": "sha256:5c43d8766edfa30fbdc3534f4d5b0f497d0d98c33d11cc4c947e31cb461f1ad4",
    "composite-medqa": "sha256:0457517031471cf1be8af7372648434c7ea3ce1a48ae09dc0da0d2b5e796f61c",
    "trl-think-format": "sha256:c76a626c3ea9cf106cb6036291e94053cd14beb245a103cdf3d474c3fc9e5563",
    "open-r1-format": "sha256:824214a73984fa8d25629dfa9945a2dbb812accfb90bce90e04ba43cb0d691bf",
    "open-r1-tag-count": "sha256:44b025341664d5301881bff0403b6c24c84b229af4c3fca000ace10a7386665d",
    "ms-swift-format": "sha256:41e19dc223de8b461d56b57cf72233f438458b5fcef2774e769f445a8393d793",
    "nemo-rl-format": "sha256:9dca10f13d487ceeced57609dd55dce8b775a83f5dd6931d0366b3c1d228ba87",
    "nemo-rl-exact-alnum": "sha256:1e42105a65db31f5c06f2ea93d0879b0e6c5a9943122269591a5898a7081e6e5",
    "open-r1-cosine": "sha256:8f2e798ff6468bbeefd3e99d3dd8088ca93a00b61bd412e8bbc9ba32dc5faee2",
    "open-r1-length": "sha256:ae7cf712dea96b98899c85a88fff1645f2805f939bb5e635bb9a75f8792eba2d",
    "open-r1-repetition": "sha256:a8707b5e3c180bc6d7b29fbf420666bcb80f8b57b43ba632d16ce0061af0a229",
    "dapo-soft-overlong": "sha256:05cd4ef3f5bc9ea550bd954591f9f5da16ca5201f503934f0a319f32a2ca1a07",
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
        '{"reward": {"value": 1.0, "kind": "constant.v1", "name": null}, "grammar": 3, "medreward": 1}'
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
        '{"grammar":3,"medreward":1,"reward":{"count":"at_least_once","kind":"tag_presence.v1"}}'
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
