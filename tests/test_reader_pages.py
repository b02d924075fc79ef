"""Pages with a history in their midst: Markdown, LaTeX, HTML, notebooks."""

import json
import time

import pytest

from tests.reading import Read, read as read, values
from training_runs import InvalidInput
from training_runs.readers.pages import parts_of_page

ROWS = [(100, 2.5, 0.5, 2.75, 0.125), (200, 0.5, 0.75, 3.5, 0.125), (300, 0.125, 1.0, 4.5, 0.25)]
SIGNALS = ("step", "train_loss", "train_acc", "val_loss", "val_acc")
EXPECTED = dict(zip(SIGNALS, map(list, zip(*ROWS, strict=True)), strict=True))
NAMES = ("s", "tl", "ta", "vl", "va")


def rows(form: str) -> str:
    lines = [dict(zip(NAMES, row, strict=True)) for row in ROWS]
    return "".join(form.format(**line, p=100 * line["va"]) for line in lines)


LINES = rows("step {s} train loss {tl} acc {ta} val loss {vl} acc {va}\n")
BARS = "| Step | Train loss | Train acc | Val loss | Val acc |\n|---|---|---|---|---|\n" + rows(
    "| {s} | {tl} | {ta} | {vl} | {p}% |\n"
)
TABULAR = (
    "\\begin{tabular}{rrrrr}\n\\toprule\n & \\multicolumn{2}{c}{Train} & \\multicolumn{2}{c|}{Val} \\\\ \\cmidrule(lr){2-3}\n"
    "Step & Loss & Acc. & Loss & Acc. \\\\\n\\midrule\n"
    + rows("${s}$ & {tl} & {ta} & {vl} & \\textbf{{{p}}}\\% \\\\ \\hline\n")
    + "\\end{tabular}\n"
)
HTML = (
    "<table class='dataframe'><thead><tr><th></th><th colspan=2>train</th><th colspan=2>val</th></tr>"
    "<tr><th>step</th><th>loss</th><th>acc</th><th>loss</th><th>acc</th></tr></thead><tbody>\n"
    + rows("<tr><td>{s}</td><td>\n {tl}</td><td>{ta}</td><td>{vl}</td><td><b>{va}</b></td></tr>\n")
    + "</tbody></table>"
)


def notebook(*outputs: dict[str, object]) -> str:
    cells = [
        {"cell_type": "markdown", "source": ["# step 1 loss 2"]},
        {"cell_type": "code", "outputs": list(outputs), "source": ["train()"]},
    ]
    return json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5})


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("README.md", f"# A run\n\n| lr | 1e-3 |\n|---|---|\n| weight decay | 1 |\n\n{BARS}\nAs you see, it groks.\n"),
        ("README.md", f"{BARS}\n| seed | onset |\n|---|---|\n| 0 | 4000 |\n"),
        ("README.md", f"My log:\n\n```text\n{LINES}```\nWill it grok at step 500 with val loss 3?\n"),
        ("README.md", f"My log:\n~~~\n{json.dumps(EXPECTED)}\n~~~\n"),
        ("paper.tex", f"\\begin{{table}}\n{TABULAR}\\caption{{A run.}}\n\\end{{table}}\n"),
        ("rows.txt", "step & train\\_loss & train\\_acc & val\\_loss & val\\_acc \\\\\n" + rows("{s} & {tl} & {ta} & {vl} & {va} \\\\\n")),
        ("page.html", f"<!DOCTYPE html><html><body><table><tr><td>seed</td><td>0</td></tr></table>{HTML}</body></html>"),
        ("page.html", f"<html><body><p>Run</p><pre>{LINES}</pre></body></html>"),
        ("run.ipynb", notebook({"output_type": "stream", "text": LINES.splitlines(keepends=True)})),
        ("run.ipynb", notebook({"data": {"text/html": HTML.splitlines(keepends=True), "text/plain": ["<object>"]}})),
    ],
)  # fmt: skip
def test_the_history_in_a_page_is_read(read: Read, name: str, text: str) -> None:
    assert values(read(name, text)) == EXPECTED


def test_a_table_of_settings_and_a_caption_are_context(read: Read) -> None:
    of_latex = read("h.tex", f"\\begin{{table}}{TABULAR}\\caption{{AdamW, lr 1e-3}}\\end{{table}}")
    of_markdown = read("h.md", f"| lr | 1e-3 |\n|---|---|\n| optimizer | AdamW |\n\n{BARS}")
    for recording in (of_latex, of_markdown):
        assert recording.contexts["h"] == {"learning_rate": 1e-3, "optimizer": "adamw"}


@pytest.mark.parametrize("above", ["from C:\\\\data & C:\\\\runs", "<run 1>", "# ```", "a && b"])
def test_a_log_with_signs_of_a_page_is_a_log(read: Read, above: str) -> None:
    assert values(read("h.log", f"{above}\n{LINES}")) == EXPECTED


def test_what_a_page_holds_besides_is_told(read: Read) -> None:
    assert "2 lines beside the table are left out" in read("h.md", f"{BARS}\nIt groks.\nDoes it?\n").notes
    assert any("is a page: a table in it is read" in note for note in read("h.tex", TABULAR).notes)


@pytest.mark.parametrize(
    "text", ["<html><body>step 1 val acc 0.5</body></html>", "<html><table><tr><td>step</td><td>1</td></tr></table></html>"]
)  # fmt: skip
def test_a_web_page_without_a_history_is_refused(read: Read, text: str) -> None:
    with pytest.raises(InvalidInput, match="a web page"):
        read("h.html", text)


@pytest.mark.parametrize("metric", ["accuracy", "error_rate"])
def test_fastais_metrics_are_validations(read: Read, metric: str) -> None:
    table = f"epoch     train_loss  valid_loss  {metric}  time    \n" + "".join(
        f"{k}         {tl}    {vl}    {va if metric == 'accuracy' else 1 - va}  00:05     \n"
        for k, (_, tl, _, vl, va) in enumerate(ROWS)
    )
    found = values(read("h.txt", table, steps_per_epoch=100))
    assert found == {name: column for name, column in EXPECTED.items() if name != "train_acc"}


def test_ultralytics_metrics_are_validations(read: Read) -> None:
    table = "epoch,time,train/loss,metrics/accuracy_top1,metrics/accuracy_top5,val/loss,lr/pg0\n" + "".join(
        f"{k},{k},{tl},{va},0.99,{vl},0.1\n" for k, (_, tl, _, vl, va) in enumerate(ROWS, 1)
    )
    found = values(read("results.csv", table, steps_per_epoch=100))
    assert found == {name: column for name, column in EXPECTED.items() if name != "train_acc"}


@pytest.mark.parametrize("opened", ["<html><tr><!--", "<tr><a b='", "~~~x\n", "a & b \\\\\n\\begin{tabular}{r}\n", "&"])
def test_a_page_of_what_is_never_closed_is_searched_once(opened: str) -> None:
    began = time.process_time()
    parts_of_page(opened * 50_000)
    assert time.process_time() - began < 4  # a quarter of a minute and more where each opening is searched to the end
