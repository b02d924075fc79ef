"""The list of runs on the page: searched, filtered, sorted, grouped, and what is done with runs there."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx2
import pytest

from tests.page_browser import HISTORY, Visit, ask, served_page, wait_for

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")

LINES = [line.split(",") for line in HISTORY.read_text().split()]
COLUMNS = {name: [float(line[k]) for line in LINES[1:]] for k, name in enumerate(LINES[0])}
CONTEXTS: dict[str, dict[str, Any]] = {
    "a1": {"weight_decay": 0.01, "optimizer": "adamw"},
    "a2": {"weight_decay": 1.0, "optimizer": "sgd"},
    "a10": {"weight_decay": 1.0, "optimizer": "adamw"},
    "b": {},
}
FINISHED = "a2"
SEEN = {"a1": 40, "a2": 50, "a10": 60}  # checkpoints

FILTERS = {
    "": "a1 a2 a10 b",
    "a1": "a1 a10",
    "adamw": "a1 a10",
    '"a1"': "a1 a10",
    "weight_decay > 0.1": "a2 a10",
    "weight_decay>=1 status:live": "a10",
    "weight_decay = 1/100": "a1",
    "weight_decay != 1": "a1 b",
    "not status:live or optimizer=adamw": "a1 a2 a10",
    "(a1 or b) weight_decay<1": "a1",
    "status:finish": "a2",
    "name=A10": "a10",
    "not (optimizer:adam) not b": "a2",
    "p > 0.5 or name:b": "a2 b",
    "constructor": "",
}
FAULTS = {
    "weight_decay >": "write a value after it, as in weight_decay > 0.1",
    "wd > 1": "No run has a field wd; expected one of weight_decay, optimizer, name",
    "constructor:1": "No run has a field constructor",
    "weight_decay > much": "much is no number; write one, or weight_decay:much",
    "(a or b": "expected ) at its end",
    "a )": "remove the )",
    "a or": "Nothing stands after `or`",
    "not": "Nothing stands after `not`",
    "> 3": "No field stands before >",
    'a "b': "cannot be read",
}


def test_a_filter_is_an_expression_that_is_parsed_and_whose_faults_are_said(visit: Visit) -> None:
    forecast = {"phase": "memorized", "in_support": True, "probability_onset_by_horizon": 0.7, "action": "continue"}
    runs = [
        {
            "run_id": name,
            "context": context,
            "status": "finished" if name == FINISHED else "running",
            "newest_forecast": forecast if name == FINISHED else None,
        }
        for name, context in CONTEXTS.items()
    ]
    found = visit.page.evaluate(
        """async ([runs, texts]) => {
            const [{ parseFilter }, { contextFields }] = await Promise.all(
                ["filter", "fields"].map((part) => import(`/page/run_${part}.js`)));
            const names = (text) => {
                try { return runs.filter(parseFilter(text, contextFields(runs))).map((run) => run.run_id).join(" "); }
                catch (error) { return error.constructor.name + ": " + error.message; }
            };
            return texts.map(names);
        }""",
        [runs, [*FILTERS, *FAULTS]],
    )
    said = dict(zip([*FILTERS, *FAULTS], found, strict=True))
    assert {text: said[text] for text in FILTERS} == FILTERS
    assert [said[text] for text, part in FAULTS.items() if part not in said[text]] == []
    assert all(said[text].startswith("FilterError: ") for text in FAULTS)


@pytest.fixture
def listed(page_service: str) -> Iterator[str]:
    """The address of runs of several settings, one of them finished; they are deleted afterwards."""
    runs = f"{page_service}/v1/runs"
    for name, context in CONTEXTS.items():
        ask("PUT", f"{runs}/{name}", json={"context": {**context, "budget_step": 20_000}}).raise_for_status()
        history = {signal: values[: SEEN.get(name, 0)] for signal, values in COLUMNS.items()}
        if name in SEEN:
            ask("POST", f"{runs}/{name}/metrics", json={"history": history}).raise_for_status()
    ask("PUT", f"{runs}/{FINISHED}/outcome", json={"status": "finished"}).raise_for_status()
    yield runs
    for name in CONTEXTS:
        ask("DELETE", f"{runs}/{name}")


def names_of(visit: Visit) -> list[str]:
    return list(visit.page.locator("tr.run .name a").all_inner_texts())


def test_a_link_holds_the_filter_the_order_and_the_groups(
    open_page: Callable[..., Visit], page_service: str, listed: str
) -> None:
    visit = open_page(f"{page_service}/#/?q=budget_step+=+20000&sort=name&group=weight_decay")
    page = visit.page
    playwright.expect(page.locator("#run-count")).to_contain_text("4 ")
    assert [text.rpartition(":")[0] for text in page.locator("tr.group").all_inner_texts()] == [
        "weight decay 0.01 1 run",
        "weight decay 1 2 runs",
        "weight decay not given 1 run",
    ]
    assert "1 no forecast" in page.locator("tr.group").last.inner_text()
    assert names_of(visit) == ["a1", "a2", "a10", "b"]  # a number in a name counts as one
    page.select_option("#run-group", "")
    page.click("#run-head >> text=Run")
    assert names_of(visit) == ["b", "a10", "a2", "a1"]
    assert page.get_attribute("#run-head .name", "aria-sort") == "descending"
    page.fill("#run-filter", "weight_decay > 0.1")
    assert names_of(visit) == ["a10", "a2"]
    page.fill("#run-filter", "weight_decay >")
    assert names_of(visit) == ["a10", "a2"]  # what was understood last
    assert "write a value after it" in visit.text("#run-filter-note")
    page.fill("#run-filter", "weight_decay > 0.1 status:live")
    page.reload()
    playwright.expect(page.locator("tr.run")).to_have_count(1)
    assert page.input_value("#run-filter") == "weight_decay > 0.1 status:live"
    assert page.get_attribute("#run-head .name", "aria-sort") == "descending"
    # It is made after the points are taken.
    playwright.expect(page.locator("tr.run")).not_to_contain_text("No forecast")
    row = visit.text("tr.run")
    forecast = ask("GET", f"{listed}/a10").json()["forecast"]
    assert f"{100 * forecast['probability_onset_by_horizon']:.0f} %" in row
    assert forecast["advice"]["action"] in row.lower()
    assert not visit.errors


def test_what_is_done_with_runs_reaches_the_service_and_a_deletion_can_be_undone(visit: Visit, listed: str) -> None:
    page = visit.page
    page.fill("#run-filter", "weight_decay = 1")
    playwright.expect(page.locator("tr.run", has_text=FINISHED)).to_contain_text("finished")
    page.check("[aria-label='Select all that match']")
    assert visit.text(".chosen") == "2 selected"
    page.click("#run-bar >> text=Request a stop")
    row = page.locator("tr.run", has_text="a10")
    playwright.expect(row).to_contain_text("stop requested")
    assert ask("GET", f"{listed}/a10").json()["stop_requested"] == "requested on the page"
    assert ask("GET", f"{listed}/{FINISHED}").json()["stop_requested"] is None  # nothing is left to stop
    page.click("#run-bar >> text=Withdraw the stop")
    playwright.expect(row).not_to_contain_text("stop requested")
    assert ask("GET", f"{listed}/a10").json()["stop_requested"] is None
    page.select_option("#run-bar select", "diverged")
    page.click("#run-bar .end button")
    playwright.expect(row).to_contain_text("diverged")
    assert ask("GET", f"{listed}/a10").json()["status"] == "diverged"
    playwright.expect(page.locator("#run-bar .end")).to_be_hidden()

    page.click("#run-bar >> text=Delete")
    playwright.expect(page.locator("tr.run")).to_have_count(0)
    assert "2 runs deleted" in visit.text("#undo")
    page.click("#undo button")
    playwright.expect(page.locator("tr.run")).to_have_count(2)
    assert ask("GET", f"{listed}/a10").status_code == 200
    page.check("[aria-label='Select a10']")
    page.click("#run-bar >> text=Delete")
    page.goto("about:blank")  # whoever leaves has not undone it
    wait_for(lambda: ask("GET", f"{listed}/a10").status_code == 404)
    assert ask("GET", f"{listed}/{FINISHED}").status_code == 200


def test_what_is_damaged_is_said_in_the_words_of_the_list(open_page: Callable[..., Visit], tmp_path: Path) -> None:
    for address in served_page(tmp_path):
        runs = f"{address}/v1/runs"
        for name in ("whole", "hurt", "spoilt"):
            ask("PUT", f"{runs}/{name}", json={}).raise_for_status()
            ask("POST", f"{runs}/{name}/metrics", json={"history": COLUMNS}).raise_for_status()
        change(tmp_path, "UPDATE runs SET status = 'melted' WHERE run_id = 'hurt'")
        change(
            tmp_path, "UPDATE forecasts SET forecast = '{}' WHERE run = (SELECT id FROM runs WHERE run_id = 'spoilt')"
        )
        (said,) = ask("GET", runs).json()["damaged"]
        visit = open_page(address)
        page = visit.page
        playwright.expect(page.locator("#damaged-runs li")).to_have_text(said)
        playwright.expect(page.locator("tr.run")).to_have_count(2)

        page.goto(f"{address}/#/runs/spoilt")
        playwright.expect(page.locator("#run-damaged li")).to_have_text(ask("GET", f"{runs}/spoilt").json()["damaged"])
        playwright.expect(page.locator("#run-body")).to_contain_text("No forecast that can be read")
        page.goto(f"{address}/#/runs/hurt")
        playwright.expect(page.locator("#run-note")).to_have_text(said)
        playwright.expect(page.locator("#run-damaged li")).to_have_count(0)
        page.goto(f"{address}/#/compare?run=whole&run=hurt")
        playwright.expect(page.locator("#compare-note")).to_have_text(f"{said}.")

        page.goto(f"{address}/#/")
        change(tmp_path, "UPDATE runs SET status = 'running' WHERE run_id = 'hurt'")
        playwright.expect(page.locator("tr.run")).to_have_count(3)
        page.context.close()


def change(folder: Path, statement: str) -> None:
    """Change something in the database of a service by hand."""
    with closing(sqlite3.connect(folder / "service.db")) as file:
        file.execute(statement)
        file.commit()


def test_a_run_is_stopped_and_deleted_from_its_own_view(visit: Visit, listed: str) -> None:
    page = visit.page
    page.locator("tr.run a", has_text="a10").click()
    page.click("#run-acts >> text=Request a stop")
    playwright.expect(page.locator("#run-note")).to_contain_text("to be stopped: requested on the page")
    page.click("#run-acts >> text=Delete")
    playwright.expect(page.locator("#undo")).to_contain_text("a10 deleted.")
    playwright.expect(page.locator("tr.run a", has_text="a1")).to_have_count(1)
    page.click("#undo button")
    playwright.expect(page.locator("tr.run a", has_text="a1")).to_have_count(2)


def test_of_many_runs_some_lines_are_drawn_and_the_filter_finds_them_all(visit: Visit, page_service: str) -> None:
    service = httpx2.Client(base_url=f"{page_service}/v1/runs", trust_env=False, timeout=60)
    for k in range(60):
        service.put(f"/many-{k}", json={"context": {"weight_decay": k}}).raise_for_status()
    page = visit.page
    playwright.expect(page.locator("tr.run")).to_have_count(50)
    page.fill("#run-filter", "many-")
    playwright.expect(page.locator("#more-runs")).to_have_text("Show 10 more of 60")
    page.click("#more-runs")
    playwright.expect(page.locator("tr.run")).to_have_count(60)
    page.fill("#run-filter", "many- weight_decay < 2")
    assert names_of(visit) == ["many-1", "many-0"]  # the newest first
    for k in range(60):
        service.delete(f"/many-{k}")
    service.close()
