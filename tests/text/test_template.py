"""What chat templates put into the model's mouth: shapes of real templates, rendered and read."""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from medreward.errors import InputError
from medreward.rollouts.templates import read_template
from medreward.text import template as module
from medreward.text.template import TurnOpening, opening_of

CHATML = """{% for message in messages %}
{{'<|im_start|>' + message['role'] + '\\n' + message['content'] + '<|im_end|>' + '\\n'}}{% endfor %}
{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}"""
R1_DISTILL = (
    "{% if not add_generation_prompt is defined %}{% set add_generation_prompt = false %}{% endif %}"
    "{% set ns = namespace(is_tool=false) %}{{bos_token}}{%- for message in messages %}"
    "{%- if message['role'] == 'user' %}{{'<｜User｜>' + message['content']}}{%- endif %}{%- endfor -%}"
    "{% if add_generation_prompt and not ns.is_tool %}{{'<｜Assistant｜><think>\\n'}}{% endif %}"
)
QWEN3_THINKING = """{%- for message in messages %}
    {{- '<|im_start|>' + message.role + '\\n' + message.content + '<|im_end|>' + '\\n' }}
{%- endfor %}
{%- if add_generation_prompt %}
    {{- '<|im_start|>assistant\\n<think>\\n' }}
{%- endif %}"""
QWEN3_HYBRID = """{%- for message in messages %}
    {{- '<|im_start|>' + message.role + '\\n' + message.content + '<|im_end|>' + '\\n' }}
{%- endfor %}
{%- if add_generation_prompt %}
    {{- '<|im_start|>assistant\\n' }}
    {%- if enable_thinking is defined and enable_thinking is false %}
        {{- '<think>\\n\\n</think>\\n\\n' }}
    {%- endif %}
{%- endif %}"""
QWQ = """{%- if tools %}{{- 'tools' }}{%- endif %}{%- for message in messages %}
    {%- if message.role == "user" %}{{- '<|im_start|>user\\n' + message.content + '<|im_end|>\\n' }}{%- endif %}
{%- endfor %}
{%- if add_generation_prompt %}
    {{- '<|im_start|>assistant\\n<think>\\n' }}
{%- endif %}
"""
SEEING = """{% for message in messages %}<|im_start|>{{ message['role'] }}
{% for part in message['content'] %}{% if part['type'] == 'text' %}{{ part['text'] }}{% endif %}{% endfor %}<|im_end|>
{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant
{% endif %}"""
RAW_TEXT = (
    "{% for m in messages %}{{ m.content }}{% endfor %}{% if add_generation_prompt %}\n<|bot|>\n<think>\n{% endif %}"
)

SHAPES = {
    "chatml": (CHATML, "<|im_start|>assistant\n", "", {}),
    "deepseek-r1-distill": (R1_DISTILL, "<｜Assistant｜><think>\n", "<think>\n", {}),
    "qwen3-thinking": (QWEN3_THINKING, "<|im_start|>assistant\n<think>\n", "<think>\n", {}),
    "qwen3-hybrid": (QWEN3_HYBRID, "<|im_start|>assistant\n", "", {"<think>\n\n</think>\n\n"}),
    "qwq": (QWQ, "<|im_start|>assistant\n<think>\n", "<think>\n", {}),
    "seeing": (SEEING, "<|im_start|>assistant\n", "", {}),
    "raw text": (RAW_TEXT, "<|bot|>\n<think>\n", "<think>\n", {}),
}
HAS_JINJA = importlib.util.find_spec("jinja2") is not None
needs_jinja = pytest.mark.skipif(not HAS_JINJA, reason="jinja2 is not installed")
WAYS = [
    pytest.param(module._read, id="read"),
    pytest.param(module._rendered, id="rendered", marks=needs_jinja),
]


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("name", SHAPES)
def test_the_opening_of_real_shapes_is_found(way: Callable[[str], TurnOpening | None], name: str) -> None:
    template, text, prefill, others = SHAPES[name]
    opening = way(template)
    assert opening is not None
    assert (opening.text, opening.prefill()) == (text, prefill)
    assert {*opening.other_prefills().values()} == {*others}


IF, END = "{% if add_generation_prompt %}", "{% endif %}"


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(
    ("template", "text"),
    [
        (IF + "<a>{% elif x %}<b>" + END, "<a>"),
        (IF + "<a>{% else %}" + END + "{{ bos_token }}", "<a>"),
        ("{% if add_generation_prompt -%}\n <a> \n{{- 'b' -}}  c {#- x -#} d " + END, "<a>bcd "),
        (IF + "\n<a>\n  {# x #}\n<b> {# x #}" + END, "<a>\n<b> "),
        (IF + "{{ 'it\\'s\\ta\\n' }}{{ \"b\\\\\" }}" + END, "it's\ta\nb\\"),
    ],
)
def test_a_template_is_trimmed_unescaped_and_ended_as_jinja_does(
    way: Callable[[str], TurnOpening | None], template: str, text: str
) -> None:
    opening = way(template)
    assert opening is not None
    assert opening.text == text


def test_a_prefill_begins_where_the_tag_is_first_opened() -> None:
    assert TurnOpening("<think>a<think>").prefill() == "<think>a<think>"
    assert TurnOpening("<bot><think>a").prefill() == "<think>a"
    assert TurnOpening("<bot>").prefill() == ""


@needs_jinja
def test_a_template_is_rendered_with_the_date_it_asks_for_and_only_where_the_prompt_comes_last() -> None:
    opening = module._rendered("{{ 'On ' + strftime_now('%d') }}" + IF + "<think>" + END)
    assert opening is not None
    assert (opening.text, opening.is_rendered) == ("<think>", True)
    assert module._rendered(IF + "<think>" + END + "{{ messages[0].content }}") is None


@needs_jinja
def test_a_template_is_rendered_as_it_is_without_settings_and_with_each() -> None:
    thinking = "{% if enable_thinking is defined and enable_thinking %}<think>\n{% endif %}"
    opening = module.opening_of(IF + "<bot>" + thinking + "{{ eos_token }}" + END)
    assert opening == TurnOpening("<bot>", (("enable_thinking=True", "<bot><think>\n"),), is_rendered=True)
    assert opening.other_prefills() == {"enable_thinking=True": "<think>\n"}
    assert TurnOpening("<think><a>x", (("t", "<a>x"),)).other_prefills("a") == {}


@needs_jinja
def test_a_template_may_leave_loops_and_refuse_plain_text() -> None:
    loop = "{% for message in messages %}{% break %}{% endfor %}"
    refusal = "{% if messages[0].content is string %}{{ raise_exception('a picture, please') }}{% endif %}"
    for template in (loop, refusal):
        opening = module._rendered(template + IF + "<think>" + END)
        assert opening is not None
        assert opening.prefill() == "<think>"


@pytest.mark.parametrize(
    ("template", "text", "variants"),
    [
        (
            IF + "<a>{% if t %}<b>{% elif u %}<c>{% else %}<d>{% endif %}" + END,
            "<a><d>",
            {"t": "<a><b>", "u": "<a><c>", "otherwise": "<a><d>"},
        ),
        (IF + "<a>{% else %}<b>" + END + "<c>", "<a>", {}),
        (IF + "<a>{% if t %}<b>{% if u %}<c>{% endif %}<d>{% endif %}" + END, "<a>", {"t": "<a><b><c><d>"}),
        (IF + "<a>{% for x in y %}z{% endfor %}<b>" + END + "<c>", "<a><b>", {"for x in y": "<a><b>z"}),
        (IF + "<a>{% macro x() %}{% endmacro %}<b>" + END + "<c>", "<a><b>", {}),
        (IF + "<a>{% call x() %}{% endcall %}<b>" + END + "<c>", "<a><b>", {}),
        (IF + "<a>{% filter trim %}{% endfilter %}<b>" + END + "<c>", "<a><b>", {}),
        (IF + "<a>{% generation %}<b>{% endgeneration %}<c>" + END + "<d>", "<a><b><c>", {}),
        (IF + "<a>{% set x %}{% endset %}<b>" + END + "<c>", "<a><b>", {}),
        ("{% if t %}{% if add_generation_prompt %}<a>{% endif %}<b>{% endif %}", "<a>", {}),
    ],
)
def test_a_template_that_is_read_gives_its_branches_as_variants(
    template: str, text: str, variants: dict[str, str]
) -> None:
    opening = module._read(template)
    assert opening is not None
    assert (opening.text, dict(opening.variants)) == (text, variants)


@pytest.mark.parametrize(
    "template", ["", "no template", "{% if add_generation %}x{% endif %}", "{% if", "{{ '<think>' }}"]
)
def test_a_template_without_a_generation_prompt_opens_nothing(template: str) -> None:
    assert opening_of(template) is None


@needs_jinja
@pytest.mark.parametrize(
    "broken",
    ["{{ raise_exception('no') }}", "{{ messages.nothing.at.all }}", "{{ 1 / 0 }}", "{{ ''.__class__.__mro__[1] }}"],
)
def test_a_template_that_cannot_be_rendered_is_read(broken: str) -> None:
    opening = opening_of(broken + QWQ)
    assert opening is not None
    assert (opening.prefill(), opening.is_rendered) == ("<think>\n", False)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("chat_template.jinja", QWQ),
        ("chat_template.json", json.dumps({"chat_template": QWQ})),
        ("tokenizer_config.json", json.dumps({"chat_template": QWQ, "eos_token": "x"})),
        (
            "tokenizer_config.json",
            json.dumps(
                {"chat_template": [{"name": "tool_use", "template": CHATML}, {"name": "default", "template": QWQ}]}
            ),
        ),
    ],
)
def test_a_models_folder_and_each_of_its_files_give_the_template(tmp_path: Path, name: str, content: str) -> None:
    (tmp_path / name).write_text(content)
    for place in (tmp_path, tmp_path / name):
        assert read_template(place).prefill() == "<think>\n"


def test_a_folder_whose_tokenizer_has_no_template_falls_to_no_template(tmp_path: Path) -> None:
    (tmp_path / "tokenizer_config.json").write_text("{}")
    for place, code in ((tmp_path, "no_template"), (tmp_path / "none.jinja", "not_found")):
        with pytest.raises(InputError) as caught:
            read_template(place)
        assert caught.value.code == code
    (tmp_path / "tokenizer_config.json").write_text("{")
    with pytest.raises(InputError) as caught:
        read_template(tmp_path)
    assert caught.value.code == "bad_json"
