"""The page of promises names tests that are there."""

import re
from pathlib import Path

ROOT = Path(__file__).parent.parent


def test_each_promise_has_its_test() -> None:
    page = (ROOT / "docs/reliability.md").read_text()
    named = re.findall(r"`(test_\w+\.py)::(test_\w+)`", page)
    assert len(named) > 20
    for file, test in named:
        assert f"def {test}(" in (ROOT / "tests" / file).read_text(), f"{file}::{test}"
    tables = [table for table in page.split("\n\n") if table.startswith("| fault | promise | test |")]
    rows = [row for table in tables for row in table.strip().splitlines()[2:]]
    assert len(rows) > 20
    for row in rows:
        assert re.search(r"`test_\w+\.py::", row.split(" | ")[-1]), row
