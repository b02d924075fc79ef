"""What a terminal would obey is written out, wherever it stands in what others made."""

import io
import re
from pathlib import Path

import pandas as pd
import pytest

from grokcast.display.csv_output import print_csv
from tests.command_line import grokcast
from training_runs.escapes import printable

ESCAPES = "\x1b]0;PWN\x07", "\x1b[31mPWN", "\x9b31m"
_OBEYED = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f]")


def test_control_characters_are_written_out() -> None:
    assert printable("a\tb\n\x1b[31mc\x9d") == "a\tb\n\\x1b[31mc\\x9d"


def test_names_in_a_file_move_no_cursor(tmp_path: Path) -> None:
    rows = "".join(f"{10 * k},0.9,0.1,1,2,3\n" for k in range(1, 9))
    file = tmp_path / f"{ESCAPES[1]}.csv"
    file.write_text(f"step,train_acc,val_acc,{','.join(ESCAPES)}\n{rows}")
    broken = tmp_path / f"{ESCAPES[0]}.csv"
    broken.write_text(f"{ESCAPES[0]},{ESCAPES[1]}\n1,2\n")
    for names in ([file], [broken], [file, broken], [tmp_path / ESCAPES[2]]):
        done = grokcast("forecast", *names)
        assert "PWN" in done.stdout + done.stderr or ESCAPES[2] in str(names[0])
        assert not _OBEYED.search(done.stdout)
        assert not _OBEYED.search(done.stderr)
    imported = grokcast("runs", "import", file, broken, "--out", tmp_path / "out")
    assert not _OBEYED.search(imported.stdout + imported.stderr)


def test_no_cell_of_a_table_is_a_formula(capsys: pytest.CaptureFixture[str]) -> None:
    names = [
        '=HYPERLINK("http://x")',
        "+1",
        "-1+cmd|' /C calc'!A0",
        "@SUM(A1)",
        " =1",
        "\t=1",
        "\x1b[31m",
        "run-1",
        "a=b",
    ]
    print_csv(pd.DataFrame({"run": names, "=column": [-0.5] * len(names)}).convert_dtypes())
    printed = capsys.readouterr().out
    assert not _OBEYED.search(printed)
    table = pd.read_csv(io.StringIO(printed))
    assert list(table) == ["run", "'=column"]
    assert list(table["run"]) == [f"'{name}" for name in names[:6]] + ["\\x1b[31m", "run-1", "a=b"]
    assert list(table["'=column"]) == [-0.5] * len(names)  # numbers stay what they are
