"""Questions from files, and what is said about files that are wrong."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

pytest.importorskip("torch", reason="the extra train is not installed")

from PIL import Image

from medreward.errors import InputError
from medreward.train.config import DataConfig
from medreward.train.data import Item, check_images, image_size, load_items, open_image, prompt_text, seen_before
from tests.train.small import png

ROW: dict[str, Any] = {"question": "Which?", "options": ["CT", "MRI"], "gold": "B"}


def lines(folder: Path, *rows: dict[str, Any]) -> Path:
    path = folder / "questions.jsonl"
    path.write_text("\n".join(json.dumps(row) for row in rows))
    return path


def load(path: Path, **settings: Any) -> list[Item]:
    return load_items(path, DataConfig(train=str(path), **settings))


def code(path: Path, **settings: Any) -> str:
    with pytest.raises(InputError) as caught:
        load(path, **settings)
    return caught.value.code


@pytest.mark.parametrize(
    ("options", "gold", "expected"),
    [
        (["CT", "MRI"], "B", ({"A": "CT", "B": "MRI"}, "B")),
        (["CT", "MRI"], " mri ", ({"A": "CT", "B": "MRI"}, "B")),
        (["CT", "MRI"], "<answer> A </answer>", ({"A": "CT", "B": "MRI"}, "A")),
        ({"1": "CT", "2": "MRI"}, "2", ({"1": "CT", "2": "MRI"}, "2")),
    ],
)
def test_golds_and_options_are_read_as_the_scorer_reads_them(
    tmp_path: Path, options: Any, gold: str, expected: Any
) -> None:
    (item,) = load(lines(tmp_path, {**ROW, "options": options, "gold": gold}))
    assert (item.options, item.gold) == expected


def test_parquet_and_json_lines_with_other_names_give_the_same_questions(tmp_path: Path) -> None:
    rows = [{"text": "Which?", "choices": ["CT", "MRI"], "answer": "MRI", "id": "x"}]
    columns = {"question": "text", "options": "choices", "gold": "answer"}
    pq.write_table(pa.Table.from_pylist(rows), tmp_path / "a.parquet")
    expected = [Item("x", "Which?", {"A": "CT", "B": "MRI"}, "B")]
    assert load(tmp_path / "a.parquet", columns=columns) == load(lines(tmp_path, *rows), columns=columns) == expected


def test_a_folder_gives_the_questions_of_all_its_files_and_a_limit_the_first(tmp_path: Path) -> None:
    lines(tmp_path, {**ROW, "id": "b"}, {**ROW, "id": "c"})
    pq.write_table(pa.Table.from_pylist([{**ROW, "id": "a"}]), tmp_path / "first.parquet")
    assert [item.id for item in load(tmp_path)] == ["a", "b", "c"]
    assert [item.id for item in load(tmp_path, limit=2)] == ["a", "b"]


def test_images_are_paths_beside_the_data_or_bytes_or_lists_of_one(tmp_path: Path) -> None:
    (tmp_path / "pictures").mkdir()
    (tmp_path / "pictures" / "a.png").write_bytes(png((1, 2, 3)))
    (item,) = load(lines(tmp_path, {**ROW, "image": ["pictures/a.png"]}))
    assert open_image(item).getpixel((27, 27)) == (1, 2, 3)
    (item,) = load(lines(tmp_path, {**ROW, "image": "a.png"}), images=str(tmp_path / "pictures"))
    assert image_size(item) == (28, 28)
    table = pa.Table.from_pylist([{**ROW, "image": {"bytes": png((4, 5, 6)), "path": "lost.png"}}])
    pq.write_table(table, tmp_path / "a.parquet")
    (item,) = load(tmp_path / "a.parquet")
    assert open_image(item).getpixel((27, 27)) == (4, 5, 6)


def test_an_image_that_is_not_there_is_named_with_its_question(tmp_path: Path) -> None:
    path = lines(tmp_path, {**ROW, "id": "q7", "image": "lost.png"})
    with pytest.raises(InputError, match=r"q7: .*lost\.png") as caught:
        load(path)
    assert caught.value.code == "missing_image"


@pytest.mark.parametrize("damage", [b"", b"not a picture", png((1, 2, 3), 56)[:60], png((1, 2, 3), 56)[:-40]])
def test_a_damaged_image_is_found_before_training_and_named(damage: bytes) -> None:
    fine, bad = (
        Item(name, "?", {"A": "x", "B": "y"}, "A", data) for name, data in (("ok", png((1, 2, 3))), ("q9", damage))
    )
    with pytest.raises(InputError, match="q9") as caught:
        check_images([fine, bad])
    assert caught.value.code == "bad_image"


def test_an_image_of_sixteen_bits_is_not_silently_cut_to_eight(tmp_path: Path) -> None:
    Image.new("I;16", (28, 28), 4000).save(tmp_path / "deep.png")
    with pytest.raises(InputError) as caught:
        open_image(Item("deep", "?", {"A": "x", "B": "y"}, "A", tmp_path / "deep.png"))
    assert caught.value.code == "image_depth"


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ({**ROW, "gold": "E"}, "bad_gold"),
        ({**ROW, "gold": "PET"}, "bad_gold"),
        ({**ROW, "options": ["MRI", "MRI"], "gold": "MRI"}, "bad_gold"),
        ({**ROW, "options": ["B", "A"], "gold": "A"}, "ambiguous_gold"),
        ({**ROW, "question": " "}, "bad_question"),
        ({**ROW, "options": ["CT"]}, "bad_question"),
        ({**ROW, "image": ["a.png", "b.png"]}, "several_images"),
        ({"question": "Which?", "options": ["CT", "MRI"]}, "missing_column"),
        ({"options": ["CT", "MRI"], "gold": "A"}, "missing_column"),
    ],
)
def test_a_question_that_is_wrong_is_an_error(tmp_path: Path, row: dict[str, Any], expected: str) -> None:
    assert code(lines(tmp_path, row)) == expected


def test_a_gold_that_names_no_option_is_told_with_its_file_and_no_flag_of_another_command(tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        load(lines(tmp_path, ROW, {**ROW, "gold": "PET"}))
    assert str(caught.value) == (
        "A gold names none of its row's options, or several\n"
        f"  where:    {tmp_path}/questions.jsonl\n"
        "  expected: the label of one option, or its text\n"
        "  got:      row 1: gold 'PET', options {'A': 'CT', 'B': 'MRI'}\n"
        "  do:       mend the gold, or drop the question"
    )


def test_questions_need_ids_of_their_own(tmp_path: Path) -> None:
    assert code(lines(tmp_path, {**ROW, "id": "a"}, {**ROW, "id": "a"})) == "repeated_id"


def test_data_that_is_not_there_or_empty_is_an_error(tmp_path: Path) -> None:
    assert code(tmp_path / "nowhere") == "not_found"
    (tmp_path / "empty.jsonl").write_text("")
    assert code(tmp_path / "empty.jsonl") == "no_questions"


def test_held_out_questions_that_are_learned_from_are_found() -> None:
    def item(name: str, question: str = "?", image: bytes = b"1") -> Item:
        return Item(name, question, {"A": "x", "B": "y"}, "A", image)

    unseen = [item("a"), item("b", image=b"2"), item("c", question="!")]
    assert seen_before([item("other")], unseen) == ["a"]


def test_the_prompt_is_the_papers_or_the_question_alone() -> None:
    item = Item("a", "Which?", {"A": "CT", "B": "MRI"}, "A")
    assert prompt_text(item, "plain") == "Which?\nA) CT\nB) MRI"
    assert prompt_text(item, "paper").startswith("Which?\nA) CT\nB) MRI\nYour task:\n1. Think through")
