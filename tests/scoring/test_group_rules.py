"""Rules of group scope: whole groups, in memory and in files, and refused where there are none."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from medreward import InputError, PassBonus, RelativeLength, Scorer, UsageError, explain, score_one
from medreward.rewards import PartialCredit, WeightedSum, load_document
from medreward.rollouts import explain_row, score_files
from tests import hostile

RIGHT, WRONG = "<answer>B</answer>", "<answer>C</answer>"
BOTH = WeightedSum.of(accuracy=PartialCredit(), short=RelativeLength(right=PartialCredit()), bonus=PassBonus())
Table = dict[str, list[object]]


def by_hand(texts: list[str | None], groups: list[object]) -> list[float | None]:
    """Relative length by plain loops."""
    found: list[float | None] = []
    for text, group in zip(texts, groups, strict=True):
        sizes = [len(t) for t, g in zip(texts, groups, strict=True) if t is not None and g == group]
        if text is None or group is None:
            found.append(None)
        elif max(sizes) == min(sizes):
            found.append(0.0)
        else:
            found.append(0.5 - (len(text) - min(sizes)) / (max(sizes) - min(sizes)))
    return found


def rewards(reward: RelativeLength, table: Table) -> list[float | None]:
    """The totals."""
    return list(Scorer(reward).score(table).table["reward"].to_pylist())


@given(st.data(), hostile.tables())
def test_relative_length_is_that_of_plain_loops_in_any_order_and_any_chunks(
    data: st.DataObject, texts: list[str | None]
) -> None:
    ids = st.sampled_from(["a", "b", None])
    groups: list[object] = data.draw(st.lists(ids, min_size=len(texts), max_size=len(texts)))
    expected = by_hand(texts, groups)
    table: Table = {"completion": list(texts), "group_id": groups}
    assert rewards(RelativeLength(), table) == expected
    order = data.draw(st.permutations(range(len(texts))))
    moved: Table = {name: [cells[i] for i in order] for name, cells in table.items()}
    assert rewards(RelativeLength(), moved) == [expected[i] for i in order]
    arrow = pa.table({"completion": pa.array(texts, pa.string()), "group_id": pa.array(groups, pa.string())})
    chunked = pa.Table.from_batches(arrow.to_batches(max_chunksize=1), arrow.schema)
    assert Scorer(RelativeLength()).score(chunked).table["reward"].to_pylist() == expected


def test_rows_of_one_id_in_different_steps_are_different_groups() -> None:
    table: Table = {"completion": ["x", "xx", "xxx", "xxxx"], "group_id": [7, 7, 7, 7], "step": [1, 1, 2, 2]}
    assert rewards(RelativeLength(group_size=2), table) == [0.5, -0.5, 0.5, -0.5]
    del table["step"]
    assert rewards(RelativeLength(), table) == [0.5, 0.5 - 1 / 3, 0.5 - 2 / 3, -0.5]


def test_a_split_group_is_an_error_where_the_size_is_said() -> None:
    table: Table = {"completion": ["x", "xx", "xxx"], "group_id": ["p", "p", "q"]}
    with pytest.raises(InputError, match="'q' has 1") as caught:
        rewards(RelativeLength(group_size=2), table)
    assert caught.value.code == "split_group"


def test_a_table_without_group_ids_is_an_error() -> None:
    with pytest.raises(InputError, match="group_id") as caught:
        Scorer(BOTH).score({"completion": [RIGHT], "gold": ["B"]})
    assert caught.value.code == "missing_column"


def test_one_completion_or_one_batch_alone_is_refused() -> None:
    batch = pa.record_batch({"completion": [RIGHT], "gold": ["B"], "group_id": ["p"]})
    for ask in (lambda: score_one(RIGHT, "B", reward=BOTH), lambda: explain(RIGHT, "B", reward=BOTH)):
        with pytest.raises(UsageError) as caught:
            ask()
        assert caught.value.code == "needs_groups"
    with pytest.raises(UsageError) as caught:
        Scorer(BOTH).score_batch(batch)
    assert caught.value.code == "needs_groups"


def test_a_group_rule_inside_a_group_rule_is_refused() -> None:
    document = load_document(PassBonus(passes=PartialCredit()))
    inner = document.to_dict()["reward"]
    with pytest.raises(Exception, match="inside another"):
        load_document({"reward": {"kind": "pass_bonus.v1", "passes": inner}})


def table_of(count: int) -> pa.Table:
    """Groups of four, their rows far apart."""
    number = np.arange(count)
    texts = [f"<think>{'so ' * (i % 13)}</think>{RIGHT if i % 3 else WRONG}" for i in range(count)]
    return pa.table({"completion": texts, "gold": ["B"] * count, "group_id": number % (count // 4)})


def test_files_score_as_memory_does_over_shards_and_row_groups(tmp_path: Path) -> None:
    whole = table_of(400)
    folder = tmp_path / "in"
    folder.mkdir()
    for i in range(2):
        pq.write_table(whole.slice(200 * i, 200), folder / f"{i}.parquet", row_group_size=37)
    score_files(folder, tmp_path / "out", reward=BOTH, groups=True)
    scored = pa.concat_tables([pq.read_table(tmp_path / "out" / f"{i}.parquet") for i in range(2)])
    expected = Scorer(BOTH).score(whole).table
    for name in ("reward", "reward_accuracy", "reward_short", "reward_bonus"):
        assert scored[name].to_pylist() == expected[name].to_pylist()
    assert len({*expected["reward_short"].to_pylist()}) == 9


def test_a_row_of_a_file_is_explained_with_its_group(tmp_path: Path) -> None:
    path = tmp_path / "rollouts.parquet"
    pq.write_table(table_of(40), path)
    expected = Scorer(BOTH).score(table_of(40)).table
    for row in (0, 17):
        found = explain_row(path, row, BOTH)
        assert found.reward == expected["reward"][row].as_py()
        assert found.components["short"] == expected["reward_short"][row].as_py()
        assert "the others of its group" in str(found)


@settings(max_examples=20)
@given(st.lists(st.sampled_from([RIGHT, WRONG, None]), max_size=8))
def test_scores_of_groups_can_be_looked_at_through_slices_and_the_group_lens(texts: list[str | None]) -> None:
    table: Table = {"completion": list(texts), "gold": ["B"] * len(texts), "group_id": [0] * len(texts)}
    scores = Scorer(BOTH).score(table)
    assert sum(one.rows for one in scores.by("group_id")) == len(texts)
    assert scores.groups() is not None
