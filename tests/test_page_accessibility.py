"""Every view of the page by axe-core's rules (WCAG and best practices), in both schemes, and by keyboard alone."""

from collections.abc import Iterator

import pandas as pd
import pytest

from tests.page_browser import HISTORY, Visit, ask

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe-playwright-python is not installed")

RUNS = {"seen": "adamw", "other": "sgd"}  # name -> optimiser


@pytest.fixture
def runs(page_service: str) -> Iterator[str]:
    """The address of two runs with a forecast."""
    address = f"{page_service}/v1/runs"
    for name, optimizer in RUNS.items():
        context = {"optimizer": optimizer, "budget_step": 20_000}
        ask("PUT", f"{address}/{name}", json={"context": context}).raise_for_status()
        for until in (30, 60):  # two forecasts, so that there is something to show of how they changed
            history = pd.read_csv(HISTORY)[:until].to_dict("list")
            ask("POST", f"{address}/{name}/metrics", json={"history": history}).raise_for_status()
    yield address
    for name in RUNS:
        ask("DELETE", f"{address}/{name}")


def violations(visit: Visit) -> list[str]:
    """Return the rules that the view breaks in either scheme."""
    found: list[str] = []
    for scheme in ("light", "dark"):
        visit.page.emulate_media(color_scheme=scheme)
        found += [
            f"{scheme}: {rule['impact']}: {rule['id']}: {node['html'][:150]} {node['failureSummary'][:200]}"
            for rule in axe.Axe().run(visit.page).response["violations"]
            for node in rule["nodes"]
        ]
    return found


def test_no_view_breaks_a_rule(visit: Visit, runs: str) -> None:
    page = visit.page
    page.click("#example")
    page.wait_for_selector("#answer .headline")
    page.click("#answer summary >> text=The numbers")
    page.wait_for_selector("#forecaster .tiles")
    page.fill("#plan-form [name=budget_step]", "20,000")
    page.fill("#plan-form [name=weight_decay]", "0.1, 1")
    page.click("#plan-form button")
    page.wait_for_selector("#plan-body tbody tr")
    page.fill("#run-filter", "budget_step >")
    page.select_option("#run-group", "optimizer")
    for name in RUNS:
        page.check(f"[aria-label='Select {name}']")
    assert violations(visit) == []
    page.click("#run-bar >> text=Compare")
    page.wait_for_selector("#compare svg")
    assert violations(visit) == []
    page.click("#compare a >> text=seen")
    page.wait_for_selector("#run .pair svg")
    assert violations(visit) == []
    page.click("#run-acts >> text=Delete")
    page.wait_for_selector("#undo button")
    assert violations(visit) == []


def test_runs_are_filtered_compared_and_read_by_keyboard_alone(visit: Visit, runs: str) -> None:
    page = visit.page
    page.locator("tr.run", has_text="seen").wait_for()

    def tab_to(selector: str) -> None:
        for _ in range(60):
            if page.evaluate("(selector) => document.activeElement.matches(selector)", selector):
                return
            page.keyboard.press("Tab")
        raise AssertionError(f"the tabulator does not reach {selector}")

    tab_to("#run-filter")
    page.keyboard.type("budget_step = 20000")
    tab_to("[aria-label='Select all that match']")
    page.keyboard.press("Space")
    playwright.expect(page.locator(".chosen")).to_have_text("2 selected")
    page.keyboard.press("Shift+Tab")
    for _ in range(8):
        if page.evaluate("document.activeElement.textContent") == "Compare":
            break
        page.keyboard.press("Shift+Tab")
    page.keyboard.press("Enter")
    page.wait_for_selector("#compare svg")
    assert page.evaluate("document.activeElement.id") == "compare-title"
    tab_to("#compare .chart")
    page.keyboard.press("End")
    playwright.expect(page.locator("#compare .readout")).to_contain_text("Step 1,000: ")
    tab_to("#compare thead a")
    assert page.locator("#compare td.marked").count() > 0  # what is focused is marked as what is pointed at
    page.keyboard.press("Enter")
    page.wait_for_selector("#run .headline")
    assert page.evaluate("document.activeElement.id") == "run-title"
