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
    "medvlm-r1": "sha256:5a68d78503386d06a33bd594abd1ebf5dde119626ed20ab71d2cd284de37cfcd",
    "medvlm-r1-code": "sha256:d7c37570e19c40b6d04b3a37fdc2bcc13f9e4289059ed0132f073744f0b7d76c",
    "medvlm-r1-eval": "sha256:7def182d3c8694235b6558614bd7f35db0bd54c32c05dff7dd944e778d5a46a5",
    "mcq": "sha256:f073171fd07a1c2569a0e7eb885c7e5e955dd7a618fe10d2ad8d6fa58b2f5c4d",
    "open-r1-multimodal": "sha256:09352710d8688fdd4f5e254608c525d3ed477246219e19255c30ab5dc8b009df",
    "r1-v": "sha256:1dd29926ca58c2d1200d26b537ddaa3a9bddf3e7f937342e77878d0acdda5139",
    "med-r1": "sha256:1dd29926ca58c2d1200d26b537ddaa3a9bddf3e7f937342e77878d0acdda5139",
    "med-r1-nothink": "sha256:42ff707445ec356440ffb175cbc4945996be565a21cdaaaf75faf8a9ae6a4dc8",
    "med-r1-cxr": "sha256:7dc41e1ff22decf45ee3917f84457b438b5d3682179192eff9098a1d28e7b9d2",
    "medvlthinker": "sha256:c146b9e76b966a236438d88a5357c7883cc3c1585bf75a83b7c99b32cd27928a",
    "easyr1-r1v": "sha256:a1a56cce4eb9909078a8cbb7502cb7a0fcea2d0908b6b4f0a2d23b678be02fa9",
    "vlm-r1-mcq": "sha256:6305b636b49cf9baea57047f4d62daa043488500d2529f3f9e3f2b1a5b6eaa61",
    "medreasoning-easyr1-think": "sha256:6f61d3ec4dfc9e859eab7c9290e60236f5cae2fecf985c44bbfca06d7a8657e3",
    "medreasoning-easyr1-direct": "sha256:50e06fda398a139e56e2e12399addde250bb811eb6cc4c8520d9a2c64e194ed4",
    "composite-medqa": "sha256:bbb2096c9e1d0348c27268746a765b827ec97c26017da85158ae6abe527c2e9f",
    "trl-think-format": "sha256:79e99a2aaf90e4514b9df7046bdf3ba7766bb1835854c35627dfcc81ac00dfb9",
    "open-r1-format": "sha256:652481c557360d10a06c5c8293615d07360170480a72a8c2095a3b1902628148",
    "open-r1-tag-count": "sha256:4dc2c32c6dfdfbd5e8fdc84ae74b55417f6d46fba17770c0bc5329a7380bf697",
    "ms-swift-format": "sha256:3fda4607084850e378100036a85b31b120c225ed1c4a09b97d6ae428d125033e",
    "nemo-rl-format": "sha256:3d28f76651cb6bcfe13af6c378ab2c0dc67dfd8a6560d0d2c87685609e60815c",
    "nemo-rl-exact-alnum": "sha256:921b7a30f3df55ff955deccf79017fe76cfcf7ae7c0f3bfc18fd804622cabbc9",
    "open-r1-cosine": "sha256:4afcb1db8d05689341ea56bbff012d7d6fd080715f0029096d2535c4fed75264",
    "open-r1-length": "sha256:b435eaf7783344368e98595bc57fc4605f4757100ae168ddd5d716307ffe5dd8",
    "open-r1-repetition": "sha256:88bc650470e8537d6d813e3c0189880c506d7202aa265c142c56468fcdcbe2c5",
    "dapo-soft-overlong": "sha256:b4b87898e30a22b85737c76633c29e885df15b4033425d52d8e6e94b9d6da588",
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
        '{"reward": {"value": 1.0, "kind": "constant.v1", "name": null}, "grammar": 4, "medreward": 1}'
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
        '{"grammar":4,"medreward":1,"reward":{"count":"at_least_once","kind":"tag_presence.v1"}}'
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
