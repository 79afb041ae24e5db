"""Rollouts in an object store: a real S3 protocol, served by moto in this process. Runs where moto is installed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from medreward.errors import InputError, OutputError
from medreward.rollouts import explain_row, score_files
from medreward.scoring import InputSettings
from medreward_cli.main import main
from tests.rollouts import files
from tests.rollouts.files import names_in, table, write

moto = pytest.importorskip("moto.server", reason="moto[server] is not installed")
pytestmark = pytest.mark.filterwarnings("ignore")


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    """The address of an S3 server of this process."""
    server = moto.ThreadedMotoServer(ip_address="127.0.0.1", port=0)
    server.start()
    _, port = server.get_host_and_port()
    yield f"http://127.0.0.1:{port}"
    server.stop()


@pytest.fixture
def bucket(endpoint: str, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Any:
    """An empty bucket's file system, and the environment that lets plain ``s3://`` URIs reach it."""
    for name, value in {
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": "us-east-1",
    }.items():
        monkeypatch.setenv(name, value)
    from pyarrow.fs import S3FileSystem

    filesystem = S3FileSystem(
        endpoint_override=endpoint.removeprefix("http://"), scheme="http", allow_bucket_creation=True
    )
    filesystem.create_dir("runs")
    filesystem.delete_dir_contents("runs", missing_dir_ok=True)
    return filesystem


def put(bucket: Any, path: str, data: pa.Table | None = None) -> None:
    pq.write_table(table() if data is None else data, path, filesystem=bucket)


def keys(bucket: Any) -> list[str]:
    """Every file in the bucket."""
    from pyarrow.fs import FileSelector, FileType

    found = bucket.get_file_info(FileSelector("runs", recursive=True))
    return sorted(info.path for info in found if info.type == FileType.File)


def rewards(bucket: Any, path: str) -> list[float | None]:
    found: list[float | None] = pq.ParquetFile(path, filesystem=bucket).read()["reward"].to_pylist()
    return found


def test_a_file_is_read_from_and_written_to_a_bucket_whole(bucket: Any) -> None:
    put(bucket, "runs/in.parquet", table(100))
    result = score_files("s3://runs/in.parquet", "s3://runs/out.parquet")
    assert [str(place) for place in result.outputs] == ["s3://runs/out.parquet"]
    assert keys(bucket) == ["runs/in.parquet", "runs/out.parquet"]
    assert rewards(bucket, "runs/out.parquet") == files.REWARDS * 100


def test_a_folder_gives_a_folder_and_a_mark_that_it_is_whole(bucket: Any, capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("b/1.parquet", "a/2.parquet", "a/.hidden.parquet", "_logs/3.parquet"):
        put(bucket, f"runs/in/{name}")
    assert main(["score", "s3://runs/in", "-o", "s3://runs/out"]) == 0
    assert "wrote        s3://runs/out (2 files)" in capsys.readouterr().out
    outputs = [key for key in keys(bucket) if key.startswith("runs/out/")]
    assert outputs == ["runs/out/_SUCCESS", "runs/out/a/2.parquet", "runs/out/b/1.parquet"]
    assert rewards(bucket, "runs/out/a/2.parquet") == files.REWARDS
    assert main(["score", "s3://runs/out", "-o", "s3://runs/again", "--reward", "mcq"]) == 0


def test_json_lines_golds_and_single_rows_come_from_a_bucket_too(bucket: Any, tmp_path: Path) -> None:
    with bucket.open_output_stream("runs/in.jsonl") as file:
        file.write(json.dumps({"id": "q", "completion": files.RIGHT}).encode())
    with bucket.open_output_stream("runs/golds.csv") as file:
        file.write(b"id,gold\nq,B\n")
    settings = InputSettings(gold_from="s3://runs/golds.csv", gold_on="id")
    assert (
        score_files("s3://runs/in.jsonl", tmp_path / "out.parquet", settings=settings).summary.means["reward"].value
        == 2
    )
    assert explain_row("s3://runs/in.jsonl", 0, settings=settings).reward == 2.0


def test_an_output_that_is_there_stands_unless_it_may_be_replaced(bucket: Any, tmp_path: Path) -> None:
    put(bucket, "runs/out.parquet", pa.table({"mine": [1]}))
    source = write(tmp_path / "in.parquet")
    with pytest.raises(OutputError) as caught:
        score_files(source, "s3://runs/out.parquet")
    assert caught.value.code == "exists"
    score_files(source, "s3://runs/out.parquet", overwrite=True)
    assert rewards(bucket, "runs/out.parquet") == files.REWARDS
    for place in ("s3://runs/out.parquet", "s3://runs"):
        with pytest.raises(OutputError, match="folder is not replaced") as caught:
            score_files(tmp_path, place, overwrite=True)
        assert caught.value.code == "exists"


def test_an_error_leaves_nothing_in_the_bucket(bucket: Any, tmp_path: Path) -> None:
    source = write(tmp_path / "in.parquet", table().set_column(4, "gold", [["B"] * 6 + ["Kidney"]]))
    assert main(["score", str(source), "-o", "s3://runs/out.parquet"]) == 3
    assert keys(bucket) == []


def test_an_upload_that_fails_leaves_nothing_under_its_name(bucket: Any, tmp_path: Path) -> None:
    assert main(["score", str(write(tmp_path / "in.parquet")), "-o", "s3://nowhere-at-all/out.parquet"]) == 4
    assert keys(bucket) == []


@pytest.mark.parametrize("output", ["s3://runs/in", "s3://runs/in/out", "s3://runs/in/1.parquet"])
def test_an_output_in_the_input_is_an_error(bucket: Any, output: str) -> None:
    put(bucket, "runs/in/1.parquet")
    with pytest.raises(OutputError):
        score_files("s3://runs/in", output)
    assert keys(bucket) == ["runs/in/1.parquet"]


@pytest.mark.parametrize("uri", ["s3://runs/none.parquet", "s3://nowhere-at-all/x.parquet"])
def test_what_is_not_there_is_an_input_error(bucket: Any, uri: str) -> None:
    with pytest.raises(InputError) as caught:
        score_files(uri)
    assert caught.value.code == "not_found"
    assert main(["explain", uri, "--row", "0"]) == 3


def test_a_damaged_file_and_a_folder_without_rollouts_are_input_errors(bucket: Any) -> None:
    for name, content in (("cut.parquet", b"PAR1" + bytes(99)), ("bad.jsonl", b"{"), ("notes/readme.txt", b"x")):
        with bucket.open_output_stream(f"runs/{name}") as file:
            file.write(content)
    codes = []
    for uri in ("s3://runs/cut.parquet", "s3://runs/bad.jsonl", "s3://runs/notes"):
        with pytest.raises(InputError, match=uri) as caught:
            score_files(uri)
        codes.append(caught.value.code)
    assert codes == ["truncated_parquet", "bad_json", "no_shards"]


def test_a_store_that_does_not_answer_is_an_error_and_credentials_are_not_shown(tmp_path: Path) -> None:
    uri = "s3://key:secret@runs/in.parquet?endpoint_override=127.0.0.1:9&scheme=http&region=us-east-1"
    with pytest.raises(InputError) as caught:
        score_files(uri)
    assert caught.value.code == "unreachable"
    assert "secret" not in str(caught.value)
    recorded = InputSettings(gold_from=uri, gold_on="id").model_dump_json()
    assert "s3://runs/in.parquet" in recorded
    assert "secret" not in recorded
    assert names_in(tmp_path) == []
