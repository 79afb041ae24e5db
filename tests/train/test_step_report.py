"""What is measured on a GPU runs through on any machine, and its arithmetic is that of the published shape."""

from __future__ import annotations

import pytest

torch = pytest.importorskip("torch", reason="the extra train is not installed")
pytest.importorskip("transformers", reason="the extra train is not installed")

from medreward.train.tiny import QWEN2_VL_2B, byte_tokenizer, tiny_model
from tests.gpu.arithmetic import Counts, Rates, Work, counts, decode_seconds, floor
from tests.gpu.peer import missing
from tests.gpu.step import FULL, TINY, main, questions
from tests.train.small import policy

PUBLISHED = 2_208_985_600  # parameters of Qwen2-VL-2B-Instruct, as its weights' index says
H200 = Rates(4.3e12, 790e12)  # an assumption of these tests: the script measures its own


@pytest.fixture(scope="module")
def model() -> Counts:
    shape = tiny_model(byte_tokenizer(vocabulary=QWEN2_VL_2B.vocabulary), QWEN2_VL_2B, device=torch.device("meta"))
    return counts(shape.to(torch.bfloat16))


def test_the_shape_has_the_published_number_of_parameters(model: Counts) -> None:
    assert model.parameters == PUBLISHED
    assert model.text == pytest.approx(1.310e9 + 0.233e9, rel=1e-3)
    assert model.key_bytes == 2 * 28 * 2 * 128 * 2  # keys and values, layers, heads, width, bytes


@pytest.mark.parametrize(("rows", "milliseconds"), [(1, 0.72), (64, 0.94), (256, 1.62), (512, 2.52)])
def test_the_least_time_of_a_token_is_that_of_its_bytes(model: Counts, rows: int, milliseconds: float) -> None:
    assert 1e3 * decode_seconds(model, rows, 528, H200) == pytest.approx(milliseconds, abs=0.005)


def test_the_floor_of_a_step_is_the_sum_of_its_parts(model: Counts) -> None:
    parts = {name: 1e3 * value for name, value in floor(model, FULL.work, H200).items()}
    expected = {"prefill": 13, "decode": 240, "train": 501, "optimizer": 15}
    assert {name: parts[name] for name in expected} == pytest.approx(expected, abs=2)
    assert parts["vision"] == pytest.approx(15, abs=1)
    assert parts["vision in training"] == pytest.approx(3 * parts["vision"])
    assert sum(parts.values()) == pytest.approx(830, abs=10)


def test_where_arithmetic_takes_longer_than_bytes_it_is_the_bound() -> None:
    small = Counts(10, 0, 0, 10, 1, 2, 4, 2, 0, 0)
    assert decode_seconds(small, 4, 3, Rates(1.0, 1e9)) == 2 * 10 + 4 * 3 * 4
    assert decode_seconds(small, 4, 3, Rates(1e9, 1.0)) == 4 * (20 + 4 * 1 * 2 * 3)


def test_prompts_have_exactly_the_length_wanted() -> None:
    from medreward.train.prompts import encode_prompts

    made = policy(max_pixels=TINY.side**2)
    prompts = encode_prompts(made, questions(made, TINY), "plain")
    assert prompts.mask.all()
    assert prompts.ids.shape == (TINY.work.prompts, TINY.work.prompt_tokens)
    assert int((prompts.ids == made.image_token).sum()) == TINY.work.prompts * TINY.work.patches // 4


def test_work_counts_every_completion() -> None:
    assert (Work(8, 8, 400, 256, 1024).rows, Work(8, 8, 400, 256, 1024).tokens) == (64, 656)


@pytest.mark.filterwarnings("ignore")  # TRL's own
def test_the_report_runs_through_on_a_cpu_and_measures_every_row() -> None:
    said: list[str] = []
    main(["--tiny", "--device", "cpu"], show=said.append)
    rows = [line.split(" | ") for line in said[1:]]
    names = [row[0].removeprefix("| ") for row in rows]
    for wanted in (
        "copy, bytes read and written a second",
        "parameters",
        "recorded against scored log-probabilities, static decoding",
        "decode at batch 2, static, tokens a second",
        "decode at batch 4, eager, tokens a second",
        "step, static decoding",
        "step, eager decoding",
        "step, static decoding: training, of the matrix rate",
        "step, static decoding: scoring (Parquet is written during the update)",
        "step, eager decoding: most memory",
    ):
        assert wanted in names
    peer = next(row for row in rows if row[0].startswith("| TRL"))
    assert peer[1].startswith("not measured") == bool(missing())


def test_the_full_size_is_refused_without_a_gpu(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--device", "cpu"])
    assert "only --tiny runs without one" in capsys.readouterr().err
