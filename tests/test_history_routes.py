"""`POST /v1/histories/read`: the bytes of a file in, its runs out, as the command line reads them."""

import bz2
import gzip
import io
import lzma
import threading
import time
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from fastapi.testclient import TestClient

from api.settings import Settings
from grokcast.histories import read_histories
from tests.wire import StandInForecaster, post, problem_of, served
from training_runs import InvalidInput
from training_runs.readers import read_recording

ROOT = Path(__file__).parent.parent
HISTORY = ROOT / "examples/history.csv"
CASES = sorted(p for p in (ROOT / "tests/data/cases").glob("*/*") if p.is_file() and p.suffix != ".md")
FOREIGN = "Step,Train Acc,held-out,lr\n0,0.1,0.1,1\n50,1,0.1,1\n100,1,0.2,1\n"


def read(client: TestClient, content: bytes | str, name: str = "mine.csv", **options: Any) -> Any:
    return client.post("/v1/histories/read", params={"name": name, **options}, content=content)


def test_a_file_becomes_the_request_of_a_forecast(client: TestClient, forecaster: StandInForecaster) -> None:
    found = read(client, HISTORY.read_bytes()).json()
    (run,) = found["runs"]
    assert (found["name"], found["run"], run["run"]) == ("mine.csv", "mine", "mine")
    assert run["mapping"]["val_acc"] == "val_acc"
    assert (run["checkpoints"], run["observed_until_step"], run["problem"]) == (60, 1000, None)
    assert post(client, found["request"]).status_code == 200
    recorded = read_recording(str(HISTORY)).histories["history"]
    asked = forecaster.questions[0].trajectory
    assert asked.steps.tolist() == recorded.steps.tolist()
    assert {n: v.tolist() for n, v in asked.signals.items()} == {n: v.tolist() for n, v in recorded.signals.items()}


@pytest.mark.parametrize("path", CASES, ids=lambda p: f"{p.parent.name}/{p.name}")
def test_cases_are_read_as_the_command_line_reads_them(client: TestClient, path: Path) -> None:
    answer = read(client, path.read_bytes(), path.name)
    if answer.status_code != 200:
        with pytest.raises(InvalidInput) as refused:
            read_recording(str(path))
        assert problem_of(answer, 422)["expected"].split("?")[0] == refused.value.expected.split("--")[0]
        return
    recording = read_recording(str(path))
    found = answer.json()
    assert [run["run"] for run in found["runs"]] == [*recording.runs, *recording.problems]
    for run in found["runs"]:
        if run["problem"] is None:
            assert run["mapping"] == recording.runs[run["run"]].reading.mapping
            assert run["left_out"] == list(recording.runs[run["run"]].reading.left_out)


def test_columns_are_told_and_can_be_named(client: TestClient) -> None:
    (run,) = read(client, FOREIGN).json()["runs"]
    assert run["mapping"] == {"Step": "step", "Train Acc": "train_acc"}
    assert set(run["left_out"]) | set(run["context_columns"]) == {"held-out", "lr"}
    named = read(client, FOREIGN, map=["held-out:val_acc", "Train Acc:none"]).json()
    assert named["runs"][0]["mapping"] == {"Step": "step", "held-out": "val_acc"}
    assert set(named["request"]["history"]) == {"step", "val_acc"}
    assert problem_of(read(client, FOREIGN, map="held-out"), 422)["field"] == "map"
    assert "of mine.csv" in problem_of(read(client, FOREIGN, map="nothing:val_acc"), 422)["detail"]


def test_a_question_is_put_in_the_words_of_the_route(client: TestClient) -> None:
    problem = problem_of(read(client, "step,train_acc,acc_other\n0,0.1,0.1\n50,1,0.1\n100,1,0.1\n"), 422)
    assert problem["asked"] == ["map"]
    assert problem["columns"] == ["step", "train_acc", "acc_other"]
    assert problem["mapping"] == {"step": "step", "train_acc": "train_acc"}
    assert problem["suspected"] == {"acc_other": "val_acc"}
    assert "?map=acc_other:val_acc" in problem["hint"]
    problem = problem_of(read(client, "epoch,val_acc\n1,0.1\n2,0.1\n3,0.2\n"), 422)
    assert problem["asked"] == ["steps_per_epoch"]
    assert "--" not in problem["hint"]
    found = read(client, "epoch,val_acc\n1,0.1\n2,0.1\n3,0.2\n", steps_per_epoch=97).json()
    assert found["request"]["history"]["step"] == [97, 194, 291]
    whole = "step,train_acc,val_acc\n1,2,2\n50,99,2\n100,100,3\n"
    assert problem_of(read(client, whole), 422)["asked"] == ["percent"]
    assert read(client, whole, percent=True).json()["request"]["history"]["train_acc"] == [0.02, 0.99, 1.0]


def test_one_of_several_runs_is_chosen(client: TestClient) -> None:
    text = "step,train_acc,val_acc,seed\n" + "".join(f"{s},1,0.{k},{k}\n" for k in (1, 2) for s in (10, 20, 30))
    several = read(client, text).json()
    assert (several["run"], several["request"], several["asked"]) == (None, None, ["run"])
    names = [run["run"] for run in several["runs"]]
    chosen = read(client, text, run=names[1]).json()
    assert chosen["run"] == names[1]
    assert chosen["request"]["history"]["val_acc"] == [0.2, 0.2, 0.2]
    assert problem_of(read(client, text, run="another"), 422)["asked"] == ["run"]


def read_all(client: TestClient, files: dict[str, str], **options: Any) -> Any:
    contents = [text.encode() for text in files.values()]
    named = {"name": list(files), "size": [len(content) for content in contents], **options}
    return client.post("/v1/histories/read", params=named, content=b"".join(contents))


TRAIN, VAL = "step,train_acc\n10,0.1\n20,1\n30,1\n", "step,val_acc\n10,0.1\n30,0.2\n"


@pytest.mark.parametrize(
    "files",
    [
        {"acc.csv": TRAIN, "other.csv": VAL},
        {"acc.csv": TRAIN, "b.csv": TRAIN},
        {"s0_train.csv": TRAIN, "s0_val.csv": VAL, "s1_train.csv": TRAIN, "s1_val.csv": VAL},
        {"acc.csv": TRAIN, "damaged.csv": "", "two.csv": "seed,step,val_acc\n" + "0,1,0\n0,2,0\n1,1,0\n1,2,0\n"},
        {"metrics.csv": TRAIN, "metrics.jsonl": '{"step": 1, "val_acc": 0}\n{"step": 2, "val_acc": 0.5}\n'},
    ],
)
def test_several_files_are_the_runs_of_the_command_line(
    client: TestClient, tmp_path: Path, files: dict[str, str]
) -> None:
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    expected = {history.run: history for history in read_histories([tmp_path / name for name in files])}
    found = read_all(client, files).json()
    assert found["name"] == ", ".join(files)
    assert sorted(run["run"] for run in found["runs"]) == sorted(expected)
    for run in found["runs"]:
        assert (run["problem"] is None) == (expected[run["run"]].problem is None)
        if run["problem"] is None:
            request = read_all(client, files, run=run["run"]).json()["request"]
            history = expected[run["run"]].trajectory
            assert history is not None
            assert set(request["history"]) == {"step", *history.recorded_names()}
            assert request["history"]["step"] == history.steps.tolist()


def test_columns_that_are_named_make_one_run_of_files(client: TestClient) -> None:
    files = {"acc.csv": TRAIN, "other.csv": VAL.replace("val_acc", "held")}
    assert [run["problem"] is None for run in read_all(client, files).json()["runs"]] == [True, False]
    found = read_all(client, files, map="held:val_acc").json()
    assert found["request"]["history"]["val_acc"] == [0.1, None, 0.2]


def test_sizes_and_names_of_several_files_are_checked(client: TestClient) -> None:
    def answer(names: list[str], sizes: list[int]) -> Any:
        asked = {"name": names, "size": sizes}
        return client.post("/v1/histories/read", params=asked, content=(TRAIN + VAL).encode())

    whole = len(TRAIN + VAL)
    for sizes in ([], [whole], [len(TRAIN), len(VAL) + 1], [whole, 1, 0]):
        assert problem_of(answer(["a.csv", "b.csv"], sizes), 422)["field"] == "size"
    assert "two files x/a.csv" in problem_of(answer(["x/a.csv", "../x/./a.csv"], [len(TRAIN), len(VAL)]), 422)["detail"]
    problem_of(answer(["a.csv"] * 501, []), 422)
    assert problem_of(read_all(client, {"a.csv": "", "b.csv": ""}), 422)["field"] == "a.csv"
    with served(StandInForecaster(), Settings(file_body_limit=len(TRAIN) + 1)) as limited:
        problem_of(read_all(limited, {"a.csv": TRAIN, "b.csv": VAL}), 413)


def test_a_table_without_a_header_gets_one(client: TestClient) -> None:
    rows = "0 0.1 0.1\n50 1 0.1\n100 1 0.2\n"
    assert "columns" in problem_of(read(client, rows, "mine.txt"), 422)["asked"]
    named = read(client, rows, "mine.txt", columns="step, train_acc,val_acc").json()
    assert named["request"]["history"]["val_acc"] == [0.1, 0.1, 0.2]


def test_a_run_of_a_tool_is_not_named_after_a_folder_of_the_service(client: TestClient) -> None:
    logged = "epoch,step,train_loss_epoch,val_acc\n0,9,,0.1\n0,9,1.5,\n1,19,,0.2\n1,19,1.0,\n2,29,,0.2\n"
    (run,) = read(client, logged, "metrics.csv").json()["runs"]
    assert run["run"] == "metrics"


def test_a_name_is_a_name_and_no_path(client: TestClient, tmp_path: Path) -> None:
    secret = tmp_path / "secret.csv"
    secret.write_text(HISTORY.read_text())
    problem = problem_of(read(client, b"", str(secret)), 422)
    assert problem["field"] == "secret.csv"
    disposition = {"content-disposition": 'attachment; filename="..\\\\theirs.csv"'}
    answer = client.post("/v1/histories/read", content=HISTORY.read_bytes(), headers=disposition)
    assert answer.json()["name"] == "theirs.csv"


def test_other_bodies_are_refused(client: TestClient) -> None:
    form = client.post("/v1/histories/read", files={"file": HISTORY.read_bytes()})
    assert "--data-binary" in problem_of(form, 415)["detail"]
    assert problem_of(read(client, b"\x00\xff" * 100, "x.bin"), 422)["field"] == "name"
    assert problem_of(read(client, b"x", format="mlflow2"), 422)["expected"].startswith("one of auto")
    packed = client.post(
        "/v1/histories/read", content=gzip.compress(HISTORY.read_bytes()), headers={"content-encoding": "gzip"}
    )
    assert packed.json()["runs"][0]["checkpoints"] == 60


def test_a_file_over_the_limit_is_refused() -> None:
    with served(StandInForecaster(), Settings(file_body_limit=1000)) as client:
        problem_of(read(client, HISTORY.read_bytes()), 413)


def test_more_checkpoints_than_a_forecast_takes_are_refused(client: TestClient) -> None:
    text = "step,val_acc\n" + "".join(f"{k},0.1\n" for k in range(100_001))
    assert "thin" in problem_of(read(client, text), 422)["hint"]


def parquet(n: int) -> bytes:
    file = io.BytesIO()
    pq.write_table(pa.table({"step": np.zeros(n, int), "val_acc": np.zeros(n)}), file, compression="zstd")
    return file.getvalue()


def npz(n: int) -> bytes:
    file = io.BytesIO()
    np.savez_compressed(file, step=np.zeros(n, np.int8), val_acc=np.zeros(n, np.int8))
    return file.getvalue()


ROWS = b"step,val_acc\n" + b"1,1\n" * 2_000_000
BOMBS: dict[str, tuple[Callable[[], bytes], str]] = {
    "rows.csv": (lambda: ROWS, "over 1,000,000 values"),
    "lines.csv": (lambda: b"step,val_acc\n" * 300_000, "over 200,000 lines"),
    "packed.csv.gz": (lambda: gzip.compress(b"step,val_acc\n" + b"1,1\n" * 10_000_000, 1), "a compressed file"),
    "rows.csv.gz": (lambda: gzip.compress(ROWS, 1), "over 1,000,000 values"),
    "rows.csv.xz": (lambda: lzma.compress(ROWS, preset=0), "over 1,000,000 values"),
    "rows.csv.bz2": (lambda: bz2.compress(ROWS, 1), "over 1,000,000 values"),
    "wide.csv": (lambda: b"step" + b",a" * 6_000 + b"\n1" + b",1" * 6_000, "over 5,000 columns"),
    "line.log": (lambda: b"a" * 2_000_000, "lines of over 1,000,000 bytes"),
    "words.log": (lambda: b"a " * 2_500_000, "over 2,000,000 blanks"),
    "lists.json": (lambda: b'{"step":[' + b"[]," * 3_000_000 + b"1]}", "over 20,000 lists"),
    "objects.json": (lambda: b"[" + b"{}," * 3_000_000 + b"{}]", "over 110,000 objects"),
    "trainer_state.json": (lambda: b'{"log_history":[' + b"{}," * 3_000_000 + b"{}]}", "over 110,000 objects"),
    "equal.parquet": (lambda: parquet(20_000_000), "40,000,000 values"),
    "small.npz": (lambda: npz(2_000_000), "2,000,000 values"),
    "zeros.npz": (lambda: npz(40_000_000), "10,000,032 values"),
}


@pytest.mark.parametrize("name", BOMBS)
def test_what_few_bytes_would_become_is_not_read(client: TestClient, name: str) -> None:
    make, what = BOMBS[name]
    content = make()
    begun = time.monotonic()
    assert what in problem_of(read(client, content, name), 422)["value"]
    assert time.monotonic() - begun < 10  # a busy machine; the time for a file is 20 s


def test_several_files_hold_together_what_one_may(client: TestClient) -> None:
    half = b"step,val_acc\n" + b"1,1\n" * 120_000
    options = {"name": ["a.csv", "b.csv"], "size": [len(half), len(half)]}
    answer = client.post("/v1/histories/read", params=options, content=half * 2)
    assert problem_of(answer, 422)["value"] == "a file of over 200,000 lines"


def test_an_archive_is_the_folder_that_it_is_and_bounded_as_its_files_are(client: TestClient) -> None:
    def zipped(**files: bytes) -> bytes:
        file = io.BytesIO()
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, content in files.items():
                archive.writestr(name.replace("_", "."), content)
        return file.getvalue()

    found = read(client, zipped(history_csv=HISTORY.read_bytes(), config_json=b'{"lr": 0.5}'), "run.zip").json()
    assert found["request"]["context"]["learning_rate"] == 0.5
    half = b"step,val_acc\n" + b"1,1\n" * 120_000
    answer = read(client, zipped(a_csv=half, b_csv=half), "run.zip")
    assert problem_of(answer, 422)["value"] == "a file of over 200,000 lines"
    bomb = zipped(a_csv=bytes(17 * 2**20), b_csv=bytes(17 * 2**20))
    assert problem_of(read(client, bomb, "run.zip"), 422)["value"] == "an archive that unpacks to over 32 MiB"


def test_records_of_the_largest_history_are_read(client: TestClient) -> None:
    rows = ",".join(f'{{"step":{k},"train_acc":0.5,"val_acc":0.5}}' for k in range(100_000))
    (run,) = read(client, f"[{rows}]", "a.json").json()["runs"]
    assert run["checkpoints"] == 100_000


@pytest.fixture
def blocked(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Make every file take until the test is over."""
    end = threading.Event()
    monkeypatch.setattr("training_runs.readers.read_contents", lambda *_: end.wait(60))
    yield
    end.set()


@pytest.mark.usefixtures("blocked")
def test_a_file_that_takes_too_long_is_given_up_and_others_do_not_wait() -> None:
    with served(StandInForecaster(), Settings(file_seconds=0.05)) as client:
        for _ in range(10):
            assert "read within" in problem_of(read(client, b"x"), 422)["expected"]
        answer = read(client, b"x")
        assert "reading 10 files" in problem_of(answer, 503)["detail"]
        assert answer.headers["retry-after"]
        begun = time.monotonic()
        assert post(client, (ROOT / "examples/request.json").read_bytes()).status_code == 200
        assert time.monotonic() - begun < 5


def _parquet(columns: dict[str, object]) -> bytes:
    file = io.BytesIO()
    pq.write_table(pa.table(columns), file)
    return file.getvalue()


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("dots.log", b"." * 900_000 + b"\n", "no line that can be read"),
        ("pairs.log", b"a=1 " * 100_000 + b"\n", "no line that can be read"),
        ("bars.txt", b"step 1 " + b"=" * 900_000, "expected"),
        ("deep.toml", b"step" + b".a" * 50_000 + b" = [1]", "expected"),
        ("columns.parquet", _parquet({f"c{k}": [1.0] for k in range(20_001)}), "20,001 columns"),
        (
            "texts.parquet",
            _parquet(
                {"step": range(2_000), "s": pa.DictionaryArray.from_arrays(pa.array([0] * 2_000), ["x" * 1_000_000])}
            ),
            "100 MiB of texts",
        ),
    ],
    ids=["dots", "pairs", "bars", "deep-names", "columns", "texts"],
)
def test_what_takes_time_by_the_square_is_refused_at_once(
    client: TestClient, name: str, content: bytes, said: str
) -> None:
    """Expressions hold every thread of a worker up: 900 kB of dots did for minutes, and names of 100 kB took 8 GB."""
    begun = time.process_time()
    answer = client.post("/v1/histories/read", params={"name": name}, content=content)
    assert said in problem_of(answer, 422)["detail"]
    assert time.process_time() - begun < 10


def test_a_log_with_one_very_long_line_is_read_without_it(client: TestClient) -> None:
    lines = [f"step {step} train_acc 0.9 val_acc 0.1{step}" for step in range(1, 5)]
    content = "\n".join([*lines, "args: " + "x" * 6_000, "step 9 train_acc 1.0 val_acc 0.2"])
    read = client.post("/v1/histories/read", params={"name": "run.log"}, content=content.encode()).json()
    assert read["request"]["history"]["step"] == [1, 2, 3, 4, 9]
    assert "lines of over 5,000 characters are left out" in str(read["runs"])
