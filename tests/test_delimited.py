"""Tables of text: what divides them, their headers, and lines that are no rows."""

import numpy as np
import pytest

from tests.reading import CASES, Read, read as read, values
from training_runs import InvalidInput
from training_runs.readers import ReadOptions, read_recording

EXPECTED = {"step": [100, 200], "train_acc": [0.98, 0.99], "val_acc": [0.02, 0.03]}


@pytest.mark.parametrize("name", ["h.csv", "h.tsv", "h.txt", "h.dat", "h.log", "h"])
@pytest.mark.parametrize(
    "text",
    [
        "step train_acc val_acc\n100 0.98 0.02\n200 0.99 0.03\n",
        "step   train_acc   val_acc\n 100      0.98      0.02\n 200      0.99      0.03\n",
        "step\ttrain_acc\tval_acc\n100\t0.98\t0.02\n200\t0.99\t0.03\n",
        "step, train_acc, val_acc\n100, 0.98, 0.02\n200, 0.99, 0.03\n",
        "sep=;\nstep;train_acc;val_acc\n100;0.98;0.02\n200;0.99;0.03\n",
        "step  train acc  val acc\n----  ---------  -------\n100   0.98       0.02\n200   0.99       0.03\n",
        "| step | train acc | val acc |\n|-----:|:----------|---------|\n| 100 | 0.98 | 0.02 |\n| 200 | 0.99 | 0.03 |\n",
        "+------+-----------+---------+\n| step | train_acc | val_acc |\n+------+-----------+---------+\n"
        "| 100  | 0.98      | 0.02    |\n| 200  | 0.99      | 0.03    |\n+------+-----------+---------+\n",
        "   step  train_acc  val_acc\n0   100       0.98     0.02\n1   200       0.99     0.03\n",
        "My run of Friday\n\nstep,train_acc,val_acc\n100,0.98,0.02\n200,0.99,0.03\n",
        "# lr 0.1\nstep,train_acc,val_acc\n# warm\n100,0.98,0.02\n200,0.99,0.03\n",
        ",step,train_acc,val_acc\n0,100,0.98,0.02\n1,200,0.99,0.03\n",
        '"step" "train_acc" "val_acc"\n100 0.98 0.02\n200 0.99 0.03\n',
    ],
)
def test_what_divides_columns_is_found(read: Read, name: str, text: str) -> None:
    assert values(read(name, text)) == EXPECTED


def test_numpys_text_with_its_header(tmp_path) -> None:
    path = tmp_path / "h.txt"
    np.savetxt(path, [[100, 0.98, 0.02], [200, 0.99, 0.03]], header="step train_acc val_acc")
    assert values(read_recording(str(path))) == EXPECTED


@pytest.mark.parametrize("separator", [" ", ",", ";", "\t"])
@pytest.mark.parametrize("name", ["h.csv", "h.txt", "h"])
def test_without_a_header_the_names_are_requested(read: Read, name: str, separator: str) -> None:
    text = "100 0.98 0.02\n200 0.99 0.03\n".replace(" ", separator)
    with pytest.raises(InvalidInput, match="no header: give the 3 names with --columns"):
        read(name, text)
    assert values(read(name, text, columns=("step", "train_acc", "val_acc"))) == EXPECTED
    with pytest.raises(InvalidInput, match="a name for each of the 3 columns"):
        read(name, text, columns=("step", "val_acc"))


def test_names_replace_a_header_and_say_so(read: Read) -> None:
    text = "t,a,b\n100,0.98,0.02\n200,0.99,0.03\n"
    recording = read("h.csv", text, columns=("step", "train_acc", "val_acc"))
    assert values(recording) == EXPECTED
    assert "the header t,a,b is replaced by --columns" in recording.notes


@pytest.mark.parametrize("separator", [",", ";", " "])
def test_repeated_headers_are_skipped(read: Read, separator: str) -> None:
    header = "step,train_acc,val_acc\n"
    text = f"{header}100,0.98,0.02\n{header}{header}200,0.99,0.03\n{header}".replace(",", separator)
    recording = read("h.csv", text)
    assert values(recording) == EXPECTED
    assert any("header is repeated" in note for note in recording.notes)


def test_a_header_that_changes_begins_other_columns(read: Read) -> None:
    text = "step,train_acc\n100,0.98\nstep,val_acc,train_acc\n200,0.03,0.99\n"
    assert values(read("h.csv", text)) == {"step": [100, 200], "train_acc": [0.98, 0.99], "val_acc": [None, 0.03]}


@pytest.mark.parametrize("cut", ["300", "300,", "300,1.", '300,"1.'])
def test_a_last_line_that_is_cut_off_is_left_out(read: Read, cut: str) -> None:
    recording = read("h.csv", f"step,train_acc,val_acc\n100,0.98,0.02\n200,0.99,0.03\n{cut}")
    assert values(recording) == EXPECTED
    assert f"the last line is cut off and left out: {cut}" in recording.notes


def test_a_last_line_that_is_whole_stays(read: Read) -> None:
    text = "step,train_acc,val_acc\n100,0.98,0.02\n200,0.99,0.03"
    assert values(read("h.csv", text)) == EXPECTED
    short = read("h.csv", "step,train_acc,val_acc\n100,0.98\n200,0.99")  # as its rows all are
    assert values(short)["train_acc"] == [0.98, 0.99]


def test_a_row_with_too_many_cells_is_named(read: Read) -> None:
    with pytest.raises(InvalidInput, match=r"row 2 has 4 cells, the header names 3: 200,0.99,0,03"):
        read("h.csv", "step,train_acc,val_acc\n100,0.98,0.02\n200,0.99,0,03\n300,1,0.02\n")


def test_rows_without_steps_are_epochs_where_the_caller_says_so(read: Read) -> None:
    text = ",loss,accuracy,val_loss,val_accuracy\n0,3,0.1,3,0.1\n1,2,0.2,3,0.1\n"
    with pytest.raises(InvalidInput, match="a column `step`"):
        read("h.csv", text)
    recording = read("h.csv", text, steps_per_epoch=40)
    assert values(recording)["step"] == [40, 80]
    assert "there are no steps: row i is taken as epoch i" in recording.notes


@pytest.mark.parametrize("name", ["14_whitespace_tables/spaces.txt", "09_header_repeated/header_again.csv"])
def test_cases_of_tables(name: str) -> None:
    (history,) = read_recording(str(CASES / name)).histories.values()
    assert len(history.steps) == 21
    assert set(history.signals) == {"train_loss", "train_acc", "val_loss", "val_acc"}


def test_cases_without_a_header() -> None:
    path = str(CASES / "14_whitespace_tables" / "headerless.txt")
    with pytest.raises(InvalidInput, match="no header"):
        read_recording(path)
    (history,) = read_recording(path, options=ReadOptions(columns=("step", "train_acc", "val_acc"))).histories.values()
    assert history.observed_until == 2000
