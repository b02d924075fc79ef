import json

import numpy as np
import pandas as pd
import pytest

from training_runs import InvalidInput
from training_runs.metric_names import canonical_name
from training_runs.readers import ReadOptions, read_recording, read_source_folder

WIDE = "step,train_loss,valid/acc,lr\n10,1.5,0.1,0.001\n20,0.5,,0.001\n30,0.1,0.2,0.001\n"


@pytest.fixture
def write(tmp_path):
    def write(name, text):
        path = tmp_path / name
        path.write_bytes(text.encode())
        return str(path)

    return write


def check(trajectory):
    assert trajectory.steps.tolist() == [10, 20, 30]
    assert trajectory.signals["train_loss"].tolist() == [1.5, 0.5, 0.1]
    assert np.isnan(trajectory.signals["val_acc"]).tolist() == [False, True, False]


def test_wide_csv_with_foreign_names(write):
    recording = read_recording(write("run.csv", WIDE))
    check(recording.histories["run"])
    assert recording.notes == ("valid/acc is read as val_acc", "lr is read as learning_rate of the context")
    assert recording.contexts == {"run": {"learning_rate": 0.001}}


def test_every_format_holds_the_same(write, tmp_path):
    table = pd.DataFrame({"step": [10, 20, 30], "train_loss": [1.5, 0.5, 0.1], "val_acc": [0.1, None, 0.2]})
    columns = {c: [None if pd.isna(v) else v for v in table[c]] for c in table}
    table.to_parquet(tmp_path / "a.parquet")
    records = [{c: columns[c][k] for c in columns} for k in range(3)]
    files = [
        str(tmp_path / "a.parquet"),
        write("a.json", json.dumps(columns)),
        write("b.json", json.dumps({"history": columns, "context": {}})),
        write("c.json", json.dumps(records)),
        write("a.jsonl", "\n".join(map(json.dumps, records))),
        write("a.tsv", table.to_csv(sep="\t", index=False)),
    ]
    for file in files:
        (trajectory,) = read_recording(file).histories.values()
        check(trajectory)


def test_long_tables_and_several_runs(write):
    rows = ["run_id,step,metric,value"]
    for run in "ab":
        rows += [f"{run},{s},train_loss,{v}" for s, v in ((10, 1.5), (20, 0.5), (30, 0.1))]
        rows += [f"{run},{s},val_acc,{v}" for s, v in ((10, 0.1), (30, 0.2))]
    recording = read_recording(write("long.csv", "\n".join(rows)))
    assert list(recording.histories) == ["a", "b"]
    check(recording.histories["b"])


def test_rows_of_one_step_are_merged(write):
    text = "step,train_loss,val_acc\n10,1.5,\n10,,0.1\n20,0.5,\n30,0.1,\n30,,0.2\n"
    check(read_recording(write("sparse.csv", text)).histories["sparse"])


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("a.csv", "epoch,train_loss\n1,2\n2,1\n", "a column `step`"),
        ("a.csv", "step,val_acc\n1,0.1\n2,high\n", "row 2, val_acc is 'high'; expected a number"),
        ("a.csv", "step,val_acc\n5,0.1\n2,0.1\n9,0.1\n1,0.1\n7,0.1\n6,0.1\n", "--sort sorts them"),
        ("a.csv", "step,val_acc,valid/acc\n1,0.1,0.1\n", "one column for val_acc"),
        ("a.csv", "", "csv with a column for `step`"),
        ("a.csv", "metric,value\nval_acc,0.1\n", "a column `step`"),
        ("a.json", "[" * 100_000, "json with a column"),
        ("a.json", '{"step": [1' + "0" * 400 + '], "val_acc": [0.1]}', "expected"),
        ("a.json", "{", "json with a column"),
        ("a.json", "3", "json with a column"),
        ("a.json", '{"step": [1, 2], "val_acc": [0.1]}', "a.json, val_acc is 'a list of length 1'"),
        ("a.parquet", "PAR1", "parquet with a column"),
        ("a.bin", "x", "say which with --format"),
    ],
)
def test_damaged_or_foreign_files_are_refused_with_a_reason(write, name, text, words):
    with pytest.raises(InvalidInput) as caught:
        read_recording(write(name, text))
    assert words in str(caught.value)


def test_a_row_with_a_value_too_many_shifts_nothing(write):
    text = "step,train_loss,val_acc\n10,1.5,0.1,\n20,0.5,,\n30,0.1,0.2,\n"
    check(read_recording(write("comma.csv", text)).histories["comma"])


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_any_usual_separator_and_comments(write, separator):
    text = "# exported\nstep,train_loss,valid/acc\n10,1.5,0.1\n20,0.5,\n30,0.1,0.2\n"
    check(read_recording(write("x.csv", text.replace(",", separator))).histories["x"])


def test_only_a_line_that_begins_with_it_is_a_comment(write):
    """Not a cell, however it goes on; no line of a cell in quotes; and lines end where CSV has them end."""
    rows = [
        "# exported\u2028by a tool",
        "step,# tokens,train_loss,node,valid/acc",
        "10,1000,1.5,node #3,0.1",
        '20,2000,0.5,"two lines,',
        '# of text",',
        "#30,3000,0.7,,0.9",
        "30,3000,0.1,line\u2028#x,0.2",
    ]
    for end in ("\n", "\r\n", "\r"):
        recording = read_recording(write("h.csv", end.join(rows) + end))
        check(recording.histories["h"])
        assert "ignored: # tokens, node" in recording.notes


def test_lines_of_json_end_where_they_say(write):
    rows = [{"step": s, "train_loss": v, "words": "a\u2028b"} for s, v in ((10, 2), (20, 1))]
    text = "\r\n".join(json.dumps(row, ensure_ascii=False) for row in rows)
    history = read_recording(write("u.jsonl", text)).histories["u"]
    assert history.signals["train_loss"].tolist() == [2, 1]


def test_values_beyond_the_last_column_are_told(write):
    text = "step,train_loss,val_acc\n10,1.5,0.1,7\n20,0.5,,8\n30,0.1,0.2,9\n"
    recording = read_recording(write("long.csv", text))
    check(recording.histories["long"])
    assert "rows have more values than there are columns: what is beyond is left out" in recording.notes


REQUEST = {"history": {"step": [10, 20], "val_acc": [0.1, 0.2]}}


def test_a_request_to_the_service_is_read_with_its_context_and_question(write):
    request = {**REQUEST, "context": {"modulus": 53, "dropout": None}, "horizon_step": 300, "target_accuracy": None}
    recording = read_recording(write("r.json", json.dumps(request)))
    assert recording.histories["r"].steps.tolist() == [10, 20]
    assert recording.contexts == {"r": {"modulus": 53}}
    assert recording.questions == {"r": {"horizon_step": 300}}
    bare = read_recording(write("b.json", json.dumps({**REQUEST, "context": None})))
    assert (bare.contexts, bare.questions) == ({"b": {}}, {"b": {}})


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("context", [1], "context is [1]; expected an object of fields"),
        ("horizon_step", "far", "horizon_step is 'far'; expected a whole number > 0"),
        ("horizon_step", 1.5, "horizon_step is 1.5; expected a whole number > 0"),
        ("target_accuracy", True, "target_accuracy is True; expected a number in (0, 1]"),
    ],
)
def test_a_request_that_asks_nonsense_is_refused(write, field, value, words):
    with pytest.raises(InvalidInput) as caught:
        read_recording(write("r.json", json.dumps({**REQUEST, field: value})))
    assert words in str(caught.value)


@pytest.mark.parametrize("name", ["lr", "loss", "train", "val_train_loss", "epoch", "acc_f1"])
def test_what_is_not_certain_is_not_guessed(name):
    assert canonical_name(name) is None


def test_a_folder_of_sources_with_contexts(tmp_path):
    table = pd.DataFrame({"run_id": ["x/0"] * 3 + ["x/1"] * 3, "step": [1, 2, 3] * 2, "val_acc": 0.1})
    table.to_parquet(tmp_path / "x.parquet")
    contexts = {"runs": {k: {"modulus": 97.0, "budget_step": b, "?": 1} for k, b in (("x/0", 9.0), ("x/1", 5.0))}}
    (tmp_path / "x.context.json").write_text(json.dumps(contexts))
    a, b = read_source_folder(tmp_path)["x"]
    assert (a.context.modulus, a.budget_step, b.budget_step) == (97, 9, 5)
    assert a.configuration_id == b.configuration_id


@pytest.mark.parametrize(
    ("header", "rows", "percent", "expected"),
    [
        ("train_acc,val_acc", ("50.5,2.5", "99.9,3.5", "100,4.5"), False, [0.025, 0.035, 0.045]),
        ("train acc (%),val acc (%)", ("50,2", "99,0", "100,1"), False, [0.02, 0, 0.01]),
        ("train_acc,val_acc", ("50,2", "99,2", "100,2"), True, [0.02] * 3),
    ],
)
def test_accuracies_in_percent_are_converted_where_that_is_certain(write, header, rows, percent, expected):
    lines = [f"step,{header}", *(f"{k},{row}" for k, row in enumerate(rows))]
    recording = read_recording(write("p.csv", "\n".join(lines)), options=ReadOptions(percent=percent))
    np.testing.assert_allclose(recording.histories["p"].signals["val_acc"], expected)
    assert sum("divided by 100" in note for note in recording.notes) == 2


@pytest.mark.parametrize(
    "rows", [("50,2", "99,2", "100,2"), ("50.5,0.5", "99.9,0.5", "100,0.5"), ("0.5,50", "1,50", "1,50")]
)
def test_accuracies_that_may_be_percent_are_asked_for(write, rows):
    text = "\n".join(["step,train_acc,val_acc", *(f"{k},{row}" for k, row in enumerate(rows))])
    with pytest.raises(InvalidInput, match="--percent declares"):
        read_recording(write("p.csv", text))


def test_counts_of_correct_answers_are_no_percent(write):
    with pytest.raises(InvalidInput, match="from 0 to 100"):
        read_recording(write("p.csv", "step,val acc %\n1,512\n2,600\n"))


def test_names_that_only_the_caller_knows(write):
    file = write("m.csv", "updates,mem,holdout\n10,1.5,0.1\n20,0.5,\n30,0.1,0.2\n")
    names = {"updates": "step", "mem": "train_loss", "holdout": "val_acc"}
    check(read_recording(file, options=ReadOptions(names)).histories["m"])
    for wrong, words in (({"upd": "step"}, "a column of"), ({"mem": "loss"}, "step or a signal")):
        with pytest.raises(InvalidInput, match=words):
            read_recording(file, options=ReadOptions(wrong))


def test_epochs_are_steps_where_the_caller_says_how_many(write):
    file = write("e.csv", "epoch,train_loss,val_acc\n1,1.5,0.1\n2,0.5,\n3,0.1,0.2\n")
    recording = read_recording(file, options=ReadOptions(steps_per_epoch=10))
    check(recording.histories["e"])
    assert "epoch counts epochs: times 10 it is step" in recording.notes
    both = write("b.csv", "epoch,step,train_loss,val_acc\n1,10,1.5,0.1\n1,20,0.5,\n2,30,0.1,0.2\n")
    recording = read_recording(both, options=ReadOptions(steps_per_epoch=10))
    check(recording.histories["b"])
    assert any("not needed" in note for note in recording.notes)
    # A single epoch tells nothing against steps.
    one = write("o.csv", "epoch,step,val_acc\n1,1,0.1\n1,2,0.1\n,3,0.1\n")
    recording = read_recording(one, options=ReadOptions(steps_per_epoch=97))
    assert recording.histories["o"].steps.tolist() == [1, 2, 3]


@pytest.mark.parametrize(
    ("calls", "per_epoch", "expected"),
    [
        (1, 97, [97, 194, 291, 388]),  # wandb.log({"epoch": e, ...}) once an epoch
        (3, 97, [97, 194, 291, 388]),
        (1, 1, [0, 1, 2, 3]),  # full batch: its calls are its updates
        (97, 97, [0, 97, 194, 291]),
        (50, 97, [0, 50, 100, 150]),  # not to the dot: half an epoch may be missing
    ],
)
def test_a_column_that_counts_calls_of_a_logger_is_no_step(write, calls, per_epoch, expected):
    rows = "".join(f"{calls * e},{e + 1},{2 - e / 2},0.1\n" for e in range(4))
    file = write("w.csv", f"_step,epoch,train_loss,val_acc\n{rows}")
    recording = read_recording(file, options=ReadOptions(steps_per_epoch=per_epoch))
    history = recording.histories["w"]
    assert history.steps.tolist() == expected
    assert history.signals["train_loss"].tolist() == [2, 1.5, 1, 0.5]
    is_left_out = expected[0] > 0
    assert is_left_out == ("step is left out: it does not count updates" in recording.notes)
    assert is_left_out == (f"epoch counts epochs: times {per_epoch} it is step" in recording.notes)
    assert is_left_out != any("not needed" in note for note in recording.notes)


def test_what_the_caller_says_of_steps_goes_before_what_they_look_like(write):
    file = write("w.csv", "calls,epoch,val_acc\n10,1,0.1\n11,2,0.1\n12,3,0.1\n")
    for names, expected in (({"calls": "step"}, [10, 11, 12]), ({"epoch": "step"}, [97, 194, 291])):
        options = ReadOptions(names, steps_per_epoch=97)
        assert read_recording(file, options=options).histories["w"].steps.tolist() == expected


@pytest.mark.parametrize(
    ("epochs", "expected"),
    [
        ((0, 1, 2), (10, 20, 30)),
        ((0, 0, 1, 1, 2, 2), (10, 20, 30)),  # two rows each
        ((1, 2, 3), (10, 20, 30)),
        ((0, 0.5, 1), (0, 5, 10)),
        ((0, 2, 4), (0, 20, 40)),
        ((0, 1, 3), (0, 10, 30)),
    ],
)
def test_epochs_counted_from_0_are_taken_as_made_at_their_ends(write, epochs, expected):
    rows = "".join(f"{e},{0.1 if k % 2 else 0.2}\n" for k, e in enumerate(epochs))
    recording = read_recording(write("e.csv", f"epoch,val_acc\n{rows}"), options=ReadOptions(steps_per_epoch=10))
    assert tuple(recording.histories["e"].steps) == expected
    note = "epoch begins at 0: a row is taken as made at its epoch's end"
    assert (note in recording.notes) == (epochs[0] == 0 and expected[0] == 10)


def test_of_a_step_that_was_recorded_again_the_last_values_count(write):
    """As after a resume: the branch that was given up stands before the one that went on."""
    text = "step,train_loss,val_acc\n10,1.5,0.1\n20,0.9,0.9\n30,0.8,0.2\n20,0.5,\n30,0.1,0.2\n"
    recording = read_recording(write("r.csv", text))
    history = recording.histories["r"]
    assert history.steps.tolist() == [10, 20, 30]
    assert history.signals["train_loss"].tolist() == [1.5, 0.5, 0.1]
    note = "training went back from step 30 to 20: 2 rows that were recorded from there on before are left out"
    assert note in recording.notes
    assert history.recorded("val_acc")[0].tolist() == [10, 30]
    twice = read_recording(write("d.csv", "step,train_loss,val_acc\n1,2,0.1\n2,2,0.1\n2,1,0.2\n3,1,0.1\n"))
    assert twice.histories["d"].signals["train_loss"].tolist() == [2, 1, 1]
    assert "2 values were recorded more than once at a step, differently: the last counts" in twice.notes
    once = read_recording(write("o.csv", "step,train_loss,val_acc\n1,2,\n1,2,0.1\n2,1,0.1\n"))
    assert not any("more than once" in note for note in once.notes)


def test_rows_without_a_known_signal_move_nothing(write):
    """What ends the history is its last measurement, not the last row about something else."""
    text = "step,train_loss,lr\n1,2,\n2,1,0.1\n3,,0.1\n4,1,0.1\n500,,0.1\n501,nan,0.1\n"
    assert read_recording(write("l.csv", text)).histories["l"].steps.tolist() == [1, 2, 4]
    for bare in ("step,lr\n1,0.1\n2,0.1\n", "step,train_loss\n1,\n2,\n"):
        with pytest.raises(InvalidInput, match=r"values of a known signal|at least one number of train_loss"):
            read_recording(write("b.csv", bare))


def test_bare_names_are_trainings_beside_those_of_validation(write):
    keras = "step,loss,accuracy,val_loss,val_accuracy\n1,2,0.5,3,0.1\n2,1,0.9,3,0.2\n"
    history = read_recording(write("k.csv", keras)).histories["k"]
    assert set(history.signals) == {"train_loss", "train_acc", "val_loss", "val_acc"}
    with pytest.raises(InvalidInput, match="--map 'loss=train_loss'"):
        read_recording(write("a.csv", "step,loss\n1,2\n"))


def test_of_two_columns_for_one_signal_the_better_is_taken(write):
    text = "step,val_acc,test_acc,train_loss_step,train_loss_epoch\n1,0.1,0.9,5,1\n2,0.2,0.9,5,1\n"
    recording = read_recording(write("t.csv", text))
    history = recording.histories["t"]
    assert history.signals["val_acc"].tolist() == [0.1, 0.2]
    assert history.signals["train_loss"].tolist() == [1, 1]
    assert "ignored: test_acc, train_loss_step" in recording.notes


def test_infinite_values_of_a_run_that_diverged_are_missing(write):
    recording = read_recording(write("i.csv", "step,train_loss\n1,2\n2,inf\n3,1\n"))
    assert recording.histories["i"].recorded("train_loss")[0].tolist() == [1, 3]
    assert "1 infinite values of train_loss count as missing" in recording.notes


def test_a_share_rounded_to_a_hair_above_one_is_one(tmp_path):
    """As float32 arithmetic leaves it; 1.01 is not."""
    path = tmp_path / "history.csv"
    path.write_text("step,val_acc\n1,0.5\n2,1.0000001192092896\n3,0.9\n")
    history = read_recording(str(path)).histories
    assert max(next(iter(history.values())).signals["val_acc"]) == 1.0
    path.write_text("step,val_acc\n1,0.5\n2,1\n3,2\n")
    with pytest.raises(InvalidInput, match="percent"):
        read_recording(str(path))
