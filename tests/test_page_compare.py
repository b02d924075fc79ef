"""Runs compared on the page: one chart, and their contexts side by side."""

from collections.abc import Iterator

import pandas as pd
import pytest

from tests.page_browser import HISTORY, Visit, ask

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")


@pytest.fixture
def two(page_service: str) -> Iterator[str]:
    """The address of runs that differ in their weight decay, one of twice the accuracy."""
    runs = f"{page_service}/v1/runs"
    table = pd.read_csv(HISTORY)
    for name, decay, factor in (("low", 0.1, 1.0), ("high", 1.0, 0.5)):
        ask("PUT", f"{runs}/{name}", json={"context": {"weight_decay": decay, "modulus": 97}}).raise_for_status()
        history = {**table.to_dict("list"), "val_acc": [0.5 + 0.4 * factor - 0.4] * len(table)}
        ask("POST", f"{runs}/{name}/metrics", json={"history": history}).raise_for_status()
    yield runs
    for name in ("low", "high"):
        ask("DELETE", f"{runs}/{name}")


def test_selected_runs_are_compared_and_what_is_pointed_at_is_marked_everywhere(visit: Visit, two: str) -> None:
    page = visit.page
    page.check("[aria-label='Select low']")
    assert page.locator("#run-bar >> text=Compare").is_hidden()  # one alone is no comparison
    page.check("[aria-label='Select high']")
    page.click("#run-bar >> text=Compare")
    page.wait_for_selector("#compare svg g[data-run]", state="attached")
    rows = dict(row.split("\t", 1) for row in page.locator("#compare tr").all_inner_texts())
    assert rows["Run"].split() == ["high", "low"]
    assert rows["weight decay"].split() == ["1", "0.1"]
    assert "modulus" not in rows
    assert "The same in all: modulus 97" in visit.text("#compare .note")
    marked = lambda: {e.get_attribute("data-run") for e in page.locator("#compare .marked").all()}  # noqa: E731
    box = page.locator("#compare .chart").bounding_box()
    at = {"low": 0.5, "high": 0.3}  # validation accuracy, from the bottom of 300 pixels
    for name, accuracy in at.items():
        page.mouse.move(box["x"] + box["width"] / 2, box["y"] + 10 + 300 * (1 - accuracy))
        assert marked() == {name}
        assert page.locator(f"#compare svg g[data-run={name}].marked").count() == 1
        assert page.locator("#compare td.marked").count() >= 5
    assert "low 0.5" in visit.text("#compare .readout")
    page.hover("#compare .legend li >> text=low")
    assert marked() == {"low"}
    page.select_option("#compare [aria-label=Signal]", "train_loss")
    page.select_option("#compare [aria-label='Scale of the axis']", "linear")
    page.reload()
    page.wait_for_selector("#compare svg g[data-run]", state="attached")
    assert page.input_value("#compare [aria-label=Signal]") == "train_loss"
    assert page.input_value("#compare [aria-label='Scale of the axis']") == "linear"
    with page.expect_download() as download:
        page.click("#compare .chart-tools >> text=CSV")
    table = pd.read_csv(download.value.path())
    assert table.groupby("run").size().to_dict() == {"high": 60, "low": 60}


def test_a_run_that_is_not_there_is_named_and_the_others_are_compared(visit: Visit, two: str) -> None:
    visit.page.evaluate("location.hash = '#/compare?run=low&run=nowhere'")
    visit.page.wait_for_selector("#compare svg g[data-run=low]", state="attached")
    assert "not found: nowhere" in visit.text("#compare-note")
    visit.errors[:] = [error for error in visit.errors if "404" not in error]  # Chromium notes the status itself
