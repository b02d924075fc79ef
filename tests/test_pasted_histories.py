"""Histories as they are pasted from consoles, sheets, wikis and chats: printed lists, computed steps, curves in a line."""

import pytest

from tests.reading import Read, read as read, values
from training_runs import InvalidInput

STEPS = [100, 200, 1000]
TRAIN, VAL = [0.5, 1.0, 1.0], [0.01, 0.02, 0.9]
EXPECTED = {"step": STEPS, "train_acc": TRAIN, "val_acc": VAL}


def rows(form: str, by: str = "\n") -> str:
    cells = zip(STEPS, TRAIN, VAL, strict=True)
    return by.join(form.format(s=s, t=t, v=v, tp=round(100 * t), vp=round(100 * v)) for s, t, v in cells)


def column(values: list[float], form: str = "{}", by: str = ", ") -> str:
    return by.join(form.format(value) for value in values)


@pytest.mark.parametrize(
    "text",
    [
        f"> steps\n[1] {column(STEPS, by=' ')}\n> train_acc\n[1] 0.5 1.0\n[3] 1.0\n> val_acc\n[1] {column(VAL, by=' ')}\n",
        f"$step\n[1] {column(STEPS, by=' ')}\n\n$train_acc\n[1] {column(TRAIN, by=' ')}\n\n$val_acc\n[1] {column(VAL, by=' ')}\n",
        "steps =\n\n   100   200   1000\n\ntrain_acc =\n\n    0.5\n    1.0\n    1.0\n\nval_acc =\n\n   0.01  0.02  0.9\n",
        f" $ step     : num  {column(STEPS, by=' ')}\n $ train_acc: num  0.5 1 1\n $ val_acc  : num [1:3] 0.01 0.02 0.9\n",
        f'Dict with 3 entries:\n  "step" => {STEPS}\n  "train_acc" => {TRAIN}\n  "val_acc" => {VAL}\n',
        f"steps: 100 -> 200 -> 1000\ntrain acc: {column(TRAIN, by=' -> ')}\nval acc: {column(VAL, by=' -> ')}\n",
        f"train acc: {', '.join(f'{v}@{s}' for s, v in zip(STEPS, TRAIN, strict=True))}\nval acc: 1%@100, 2%@200, 90%@1k\n",
        "train acc (100, 0.5) (200, 1.0) (1000, 1.0)\nval acc (100, 0.01) (200, 0.02) (1000, 0.9)\n",
        "train_acc = [(100, 0.5), (200, 1.0), (1000, 1.0)]\nval_acc = [(100, 0.01), (200, 0.02), (1000, 0.9)]\n",
        "train acc: 100: 0.5, 200: 1.0, 1000: 1.0\nval acc: 100: 0.01, 200: 0.02, 1000: 0.9\n",
    ],
)  # fmt: skip
def test_curves_as_lists_and_pairs(read: Read, text: str) -> None:
    assert values(read("pasted.txt", text)) == EXPECTED


@pytest.mark.parametrize(
    ("steps", "expected"),
    [
        ("range(0, 300, 100)", [0, 100, 200]),
        ("np.arange(1, 4)", [1, 2, 3]),
        ("list(range(3))", [0, 1, 2]),
        ("np.linspace(0, 1000, num=3)", [0, 500, 1000]),
        ("np.logspace(1, 3, 3)", [10, 100, 1000]),
        ("np.unique(np.logspace(0, 1, 3).astype(int))", [1, 3, 10]),
        ("0:50:100;", [0, 50, 100]),
        ("seq(0, 100, by=50)", [0, 50, 100]),
    ],
)
def test_steps_that_are_computed(read: Read, steps: str, expected: list[int]) -> None:
    text = f"steps = {steps}\ntrain_acc = {TRAIN}\nval_acc = {VAL}\n"
    assert values(read("run.txt", text)) == {**EXPECTED, "step": expected}


@pytest.mark.parametrize(
    "steps", ["np.cumsum([100, 200, 300])", "geometric(1, 10, 3)", "10 ** np.array([1, 2, 3])",
    "np.arange(1, 4) * 100", "np.array([1, 2, 3], dtype=int) + 1", "range(100, 500, 100)[1:]", "np.arange(3).cumsum()"],
)  # fmt: skip
def test_what_an_unknown_call_makes_of_numbers_is_no_step(read: Read, steps: str) -> None:
    with pytest.raises(InvalidInput):
        read("run.txt", f"steps = {steps}\ntrain_acc = {TRAIN}\nval_acc = {VAL}\n")


@pytest.mark.parametrize("computed", ["1 - np.array([0.9, 0.8, 0.1])", "[0.1] * 2 + [0.9]", "[0, 0.1, 0.2, 0.9][1:]"])
def test_a_metric_that_is_computed_is_not_left_out_without_a_word(read: Read, computed: str) -> None:
    with pytest.raises(InvalidInput):
        read("run.txt", f"steps=[100,200,300]\ntrain_acc = {TRAIN}\nval_acc = {computed}\n")


def test_a_dictionary_with_computed_steps(read: Read) -> None:
    text = f"{{'steps': range(100, 400, 100), 'train_acc': {TRAIN}, 'val_acc': {VAL}}}"
    assert values(read("run.txt", text))["step"] == [100, 200, 300]


@pytest.mark.parametrize(
    "text",
    [
        "||step||train acc||val acc||\n" + rows("|{s}|{t}|{v}|") + "\n",
        '{| class="wikitable"\n|+ run\n! step !! train acc !! val acc\n' + rows("|-\n| {s} || style='x' | {t} || {v}") + "\n|}\n",
        "[table][tr][th]step[/th][th]train acc[/th][th]val acc[/th][/tr]\n"
        + rows("[tr][td]{s}[/td][td]{t}[/td][td]{v}[/td][/tr]") + "[/table]",
        ".. list-table:: run\n   :header-rows: 1\n\n   * - step\n     - train acc\n     - val acc\n"
        + rows("   * - {s}\n     - {t}\n     - {v}") + "\n",
        rows("INSERT INTO log (step, train_acc, val_acc) VALUES ({s}, {t}, {v});") + "\n",
        "| step | train acc | val acc |\n|---|---|---|\n" + rows("| {s} | {t} | **{v}** |") + "\n",
        "| step | train acc | val acc |\n|---|---|---|\n" + rows("| {s} | {t}\u2020 | {v}* |") + "\n",
        "step\ttrain acc\tval acc\n" + rows('="{s}"\t{t}\t{v}') + "\n",
        "pas;exactitude d'entraînement;exactitude (validation)\n" + rows("{s};{t};{v}") + "\n",
        "title,series,iteration,value\n" + rows("Accuracy,train,{s},{t}\nAccuracy,validation,{s},{v}") + "\n",
        "attribute_path,step,value\n" + rows("metrics/train/acc,{s},{t}\nmetrics/val/acc,{s},{v}") + "\n",
        "# step train_acc\n" + rows("{s} {t}") + "\n\n\n# step val_acc\n" + rows("{s} {v}") + "\n",
    ],
)  # fmt: skip
def test_tables_of_wikis_forums_and_sheets(read: Read, text: str) -> None:
    assert values(read("pasted.txt", text)) == EXPECTED


def test_an_error_of_a_spreadsheet_is_a_missing_value(read: Read) -> None:
    text = "step,train_acc,val_acc\n100,0.5,0.01\n200,1.0,#DIV/0!\n1000,1.0,0.9\n"
    assert values(read("sheet.csv", text))["val_acc"] == [0.01, None, 0.9]


@pytest.mark.parametrize(
    "form",
    [
        "Metrics {{ step: {s}, train_acc: Some({t}), val_acc: Some({v}) }}",
        "Metrics {{\n    step: {s},\n    train_acc: Some(\n        {t},\n    ),\n    val_acc: Some(\n        {v},\n    ),\n}}",
        "step {s}: train_acc=DeviceArray({t}, dtype=float32) val_acc=DeviceArray({v}, dtype=float32)",
        "2026-11-01T10:00:00.123456Z  INFO grok::train: eval step={s} train_acc={t} val_acc={v}",
        "evaluated the model step={s} train_acc={t} val_acc={v}",
        "-[ RECORD {s} ]------\nstep      | {s}\ntrain_acc | {t}\nval_acc   | {v}",
        "step: {s}\n  acc:\n    train: {t}\n    val: {v}",
        "[12.11.26, 10:31:02] Ana: step {s} train acc {t} val acc {v}",
        "step {s} acc train/val/test {t}/{v}/0.5",
        "step {s} -> train {tp}%, val {vp}%",
        "{s} steps: train {tp}%, test {vp}%",
        "{s} steps: {tp}% train, {vp}% val",
    ],
)
def test_lines_of_programs_and_of_chats(read: Read, form: str) -> None:
    assert values(read("pasted.log", rows(form) + "\n")) == EXPECTED


def test_errors_in_percent_behind_their_name(read: Read) -> None:
    text = "iter 100: error train=50.0% test=99.0%\niter 200: error train=0.0% test=98.0%\niter 300: error train=0% test=9%\n"
    found = values(read("pasted.log", text))
    assert found["train_acc"] == [0.5, 1.0, 1.0]
    assert found["val_acc"] == pytest.approx([0.01, 0.02, 0.91])


def test_percentages_that_could_be_errors_are_asked_for(read: Read) -> None:
    with pytest.raises(InvalidInput, match="--map 'train=train_acc'"):
        read("pasted.log", "step 100: train 50%, test 99%\nstep 200: train 0%, test 98%\nstep 300: train 0%, test 9%\n")


@pytest.mark.parametrize("name", ["pasted.log", "pasted.csv"])
@pytest.mark.parametrize("last", ["0.", "0.9", "0.97"])
def test_a_last_number_that_was_cut_off_is_left_out(read: Read, name: str, last: str) -> None:
    rows = ["100,0.500,0.010", "200,1.000,0.020", "300,1.000,0.900", f"400,1.000,{last}"]
    form = "step,train_acc,val_acc\n{}" if name.endswith("csv") else "{}"
    lines = (
        rows if name.endswith("csv") else ["step {} train_acc {} val_acc {}".format(*row.split(",")) for row in rows]
    )
    recording = read(name, form.format("\n".join(lines)))
    assert values(recording)["step"] == [100, 200, 300]
    assert any("cut off and left out" in note for note in recording.notes)


@pytest.mark.parametrize("last", ["0.97", "1"])
def test_a_last_number_of_numbers_of_any_length_is_whole(read: Read, last: str) -> None:
    text = f"step 100 train_acc 0.5 val_acc 0.01\nstep 200 train_acc 1.0 val_acc 0.0625\nstep 300 train_acc 1.0 val_acc {last}"
    assert values(read("pasted.log", text))["val_acc"] == [0.01, 0.0625, float(last)]


def test_a_table_of_pandas_whose_index_has_a_name(read: Read) -> None:
    text = "      train_acc  val_acc\nstep                    \n" + rows("{s}   {t}   {v}") + "\n"
    assert values(read("pasted.txt", text)) == EXPECTED


def test_a_table_of_latex_with_a_column_a_step(read: Read) -> None:
    cells = {"Step": STEPS, "Train acc": TRAIN, "Val acc": VAL}
    body = "".join(f"{name} & {column(numbers, by=' & ')} \\\\\n" for name, numbers in cells.items())
    assert values(read("t.tex", f"\\begin{{tabular}}{{lccc}}\n{body}\\end{{tabular}}")) == EXPECTED


def test_shares_before_their_split(read: Read) -> None:
    text = rows("step {s}: {tp}% train / {vp}% val")
    assert values(read("pasted.txt", text + "\n")) == EXPECTED


@pytest.mark.parametrize(
    "form",
    [
        "nach {} Schritten: train acc {} %, val acc {} %",
        "Schritt {}: train acc {} %, val acc {} %",
        "{}\u6b65\uff1a\u8bad\u7ec3\u51c6\u786e\u7387{}%\uff0c\u9a8c\u8bc1\u51c6\u786e\u7387{}%",
        "after {} its: tr acc {}%, te acc {}%",
    ],
)
def test_steps_as_other_languages_write_them(read: Read, form: str) -> None:
    steps = (
        ["1.000", "2.000", "10.000"]
        if "Schritt" in form
        else ["1000", "2000", "1\u4e07" if "\u6b65" in form else "10000"]
    )
    shares = zip(steps, (50, 100, 100), (1, 2, 90), strict=True)
    assert values(read("pasted.txt", "\n".join(form.format(*row) for row in shares) + "\n")) == {
        **EXPECTED,
        "step": [1000, 2000, 10000],
    }


@pytest.mark.parametrize(
    ("steps", "expected"),
    [(["500", "1.000", "1.500"], [500, 1000, 1500]), (["1.000", "2.000", "3.000"], [1, 2, 3])],
)
@pytest.mark.parametrize("name", ["pasted.csv", "pasted.log"])
def test_points_in_steps_divide_thousands_where_the_steps_show_it(
    read: Read, name: str, steps: list[str], expected: list[int]
) -> None:
    form = "{};{};{}" if name.endswith("csv") else "step {} train_loss {} val_loss {}"
    losses = zip(steps, ("2.312", "1.312", "0.312"), ("3.111", "3.211", "3.311"), strict=True)
    text = ("step;train_loss;val_loss\n" if name.endswith("csv") else "") + "".join(
        form.format(*row) + "\n" for row in losses
    )
    assert values(read(name, text)) == {
        "step": expected,
        "train_loss": [2.312, 1.312, 0.312],
        "val_loss": [3.111, 3.211, 3.311],
    }
