"""The chart of a run on the page: its axis, a part of it, smoothing, and what is saved as a file."""

import io
import json
from collections.abc import Iterator

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from tests.page_browser import HISTORY, Visit, ask

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")

TOOLS = "#run .chart-tools"
TITLE = "#run .curves .axis-name[text-anchor=middle]"


@pytest.fixture
def run(page_service: str) -> Iterator[str]:
    """The address of a run of ten steps an epoch."""
    address = f"{page_service}/v1/runs/chart"
    context = {"steps_per_epoch": 10, "budget_step": 20_000, "weight_decay": 1}
    ask("PUT", address, json={"context": context}).raise_for_status()
    history = pd.read_csv(HISTORY).to_dict("list")
    ask("POST", f"{address}/metrics", json={"history": history}).raise_for_status()
    yield address
    ask("DELETE", address)


def open_run(visit: Visit) -> None:
    visit.page.evaluate("location.hash = '#/runs/chart'")
    visit.page.wait_for_selector("#run .curves svg")


def ticks(visit: Visit) -> list[str]:
    return list(visit.page.locator("#run .curves .axis >> nth=0").locator("text").all_text_contents())


def test_a_link_holds_how_a_run_is_drawn(visit: Visit, run: str) -> None:
    page = visit.page
    open_run(visit)
    advice = ask("GET", run).json()["forecast"]["advice"]["action"]
    assert visit.text("#run .headline").lower().startswith(f"{advice}. ")
    assert page.text_content(TITLE) == "step"
    assert ticks(visit)[:3] == ["1", "10", "100"]
    page.select_option(f"{TOOLS} [aria-label='Scale of the axis']", "linear")
    page.select_option(f"{TOOLS} [aria-label='Unit of the axis']", "epochs")
    assert page.text_content(TITLE) == "epoch"
    whole = ticks(visit)
    assert (whole[0], whole[2]) == ("0", "400")  # of 2,000 epochs
    page.fill(f"{TOOLS} [type=range]", "0.8")
    assert page.locator("#run .curves path.raw").count() == 4  # the values themselves, behind what is smoothed
    box = page.locator("#run .curves .chart").bounding_box()
    page.mouse.move(box["x"] + 60, box["y"] + 90)
    page.mouse.down()
    page.mouse.move(box["x"] + 160, box["y"] + 90, steps=3)
    page.mouse.up()
    part = ticks(visit)
    assert part != whole
    page.reload()
    page.wait_for_selector("#run .curves svg")
    assert page.text_content(TITLE) == "epoch"
    assert ticks(visit) == part
    assert page.input_value(f"{TOOLS} [type=range]") == "0.8"
    page.click(f"{TOOLS} >> text=Whole")
    assert ticks(visit) == whole
    assert "from=" not in page.url


def test_a_run_with_times_is_shown_over_the_time_of_training(visit: Visit, run: str) -> None:
    times = {"step": pd.read_csv(HISTORY)["step"].tolist()}
    times["time"] = [3.6 * step for step in times["step"]]
    ask(
        "POST", f"{run}/metrics", json={"history": {**pd.read_csv(HISTORY).to_dict("list"), **times}}
    ).raise_for_status()
    open_run(visit)
    visit.page.select_option(f"{TOOLS} [aria-label='Unit of the axis']", "time")
    assert ticks(visit)[:4] == ["10 s", "1 min", "10 min", "1 h"]  # of 20 hours and more
    visit.page.select_option(f"{TOOLS} [aria-label='Scale of the axis']", "linear")
    assert [tick.split()[1] for tick in ticks(visit)][:3] == ["h", "h", "h"]
    assert "By the clock" in visit.text("#run .words")


def test_a_part_is_enlarged_by_keyboard(visit: Visit, run: str) -> None:
    open_run(visit)
    whole = ticks(visit)
    visit.page.focus("#run .curves .chart")
    visit.page.keyboard.press("+")
    assert ticks(visit) != whole
    visit.page.keyboard.press("-")
    assert ticks(visit) == whole
    visit.page.keyboard.press("+")
    visit.page.keyboard.press("Escape")
    assert ticks(visit) == whole


def test_smoothing_is_a_mean_that_starts_at_the_first_value_and_keeps_gaps(visit: Visit) -> None:
    values = [0.5, None, 1.0, 0.0]
    found = visit.page.evaluate("async (values) => (await import('/page/smoothing.js')).smoothed(values, 0.9)", values)
    assert found[:2] == [pytest.approx(0.5), None]
    expected = pd.Series([0.5, 1.0, 0.0]).ewm(alpha=0.1, adjust=True).mean()  # pandas frees it from its bias too
    assert [found[2], found[3]] == pytest.approx(expected[1:].tolist())


def test_a_chart_is_saved_as_a_picture_a_table_and_a_document(visit: Visit, run: str) -> None:
    open_run(visit)

    def saved(kind: str) -> bytes:
        with visit.page.expect_download() as download:
            visit.page.click(f"{TOOLS} >> text={kind}")
        assert download.value.suggested_filename == f"chart.{kind.lower()}"
        return bytes(download.value.path().read_bytes())

    table = pd.read_csv(io.BytesIO(saved("CSV")))
    pd.testing.assert_frame_equal(table, pd.read_csv(HISTORY)[list(table)], check_dtype=False)
    assert json.loads(saved("JSON"))["forecast"] == ask("GET", run).json()["forecast"]
    picture = np.asarray(Image.open(io.BytesIO(saved("PNG"))).convert("RGB"))
    height, width = picture.shape[:2]
    assert width > 1_500
    assert height > 600
    validation = visit.page.evaluate("getComputedStyle(document.querySelector('#run .val-line')).stroke")
    colour = [int(part) for part in validation.removeprefix("rgb(").rstrip(")").split(",")]
    drawn = (np.abs(picture.astype(int) - colour).max(axis=2) < 8).any(axis=0)
    assert 0.3 < drawn.mean() < 0.95  # up to the last step, and not beyond
