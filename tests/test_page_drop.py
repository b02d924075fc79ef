"""What is dropped on the page: kept over a reload and as a run, folders, and settings beside a history."""

import json
from pathlib import Path

import pytest

from tests.page_browser import HISTORY, Visit, ask, wait_for

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")


def test_a_dropped_file_is_there_after_a_reload_until_it_is_forgotten(visit: Visit) -> None:
    page = visit.page
    page.fill("[name='context.weight_decay']", "0.5")
    text = HISTORY.read_text().replace("val_acc", "held-out score", 1)
    visit.drop("mine.csv", text)
    page.get_by_label("held-out score is read as").wait_for(state="attached")
    page.click(".columns summary")
    page.get_by_label("held-out score is read as").select_option("val_acc")
    wait_for(lambda: page.evaluate("sessionStorage['grokcast-dropped']?.includes('val_acc')"))  # once it is forecast
    said = visit.text("#answer .headline")
    with page.expect_request("**/v1/forecasts") as sent:
        page.reload()
    asked = json.loads(sent.value.post_data)
    assert asked["context"] == {"weight_decay": 0.5}  # what was typed
    assert "val_acc" in asked["history"]  # and what was said of a column
    page.wait_for_selector("#answer .headline")
    assert visit.text("#answer .headline") == said
    assert visit.text("#file-name") == "mine.csv"
    page.click("#forget-file")
    playwright.expect(page.locator("#answer")).to_be_hidden()
    page.reload()
    page.wait_for_selector("#forecaster .tiles")
    assert page.is_hidden("#answer")
    assert page.evaluate("sessionStorage.length") == 0


def test_a_dropped_history_is_kept_as_a_run_and_takes_the_place_of_none(visit: Visit, page_service: str) -> None:
    page = visit.page
    runs = f"{page_service}/v1/runs"
    ask("PUT", f"{runs}/my-run", json={"context": {"modulus": 97}}).raise_for_status()
    page.fill("[name='context.weight_decay']", "0.5")
    visit.drop("my run.csv", HISTORY.read_text())
    page.wait_for_selector("#answer .headline")
    assert page.input_value(".keep input") == "my-run"
    page.click(".keep button")
    playwright.expect(page.locator(".keep .refusal")).to_contain_text("There is a run my-run already")
    page.fill(".keep input", "my run")
    page.click(".keep button")
    playwright.expect(page.locator(".keep .refusal")).to_contain_text("expected")
    page.fill(".keep input", "kept-run")
    page.click(".keep button")
    page.wait_for_selector("#run .headline")
    assert visit.text("#run-title") == "kept-run"
    run = ask("GET", f"{runs}/kept-run").json()
    assert (run["context"], run["points"]) == ({"weight_decay": 0.5}, 60)
    assert ask("GET", f"{runs}/my-run").json()["context"] == {"modulus": 97}
    for name in ("my-run", "kept-run"):
        ask("DELETE", f"{runs}/{name}")
    # Chromium notes the status of what is asked for and not there, or refused.
    visit.errors[:] = [error for error in visit.errors if "404" not in error and "422" not in error]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with a history, its settings, and what is neither."""
    place = tmp_path / "exp"
    (place / "logs").mkdir(parents=True)
    (place / "logs/run.csv").write_text(HISTORY.read_text())
    (place / "config.yaml").write_text("optimizer:\n  name: adamw\n  lr: 0.003\n")
    (place / "logs/model.pt").write_bytes(b"\0" * 1_000)
    (place / ".hidden.csv").write_text("x\n")
    return place


def dropped_for_real(visit: Visit, path: Path) -> None:
    """Drop a file or folder of this machine, as a person does: scripts of a page cannot make folders."""
    box = visit.page.locator("#drop").bounding_box()
    data = {"items": [], "files": [str(path)], "dragOperationsMask": 1}
    browser = visit.page.context.new_cdp_session(visit.page)
    for kind in ("dragEnter", "dragOver", "drop"):
        browser.send("Input.dispatchDragEvent", {"type": kind, "x": box["x"] + 50, "y": box["y"] + 50, "data": data})


@pytest.mark.parametrize("way", ["dropped", "chosen"])
def test_a_folder_is_read_with_the_settings_in_it(visit: Visit, folder: Path, way: str) -> None:
    page = visit.page
    with page.expect_request("**/v1/histories/read?*") as sent:
        if way == "dropped":
            dropped_for_real(visit, folder)
        else:
            page.set_input_files("#folder", folder)
    assert "model.pt" not in sent.value.url
    assert "hidden" not in sent.value.url
    page.wait_for_selector("#answer .headline")
    assert visit.text("#file-name") == "exp/"
    assert page.input_value("[name='context.optimizer']") == "adamw"
    assert page.input_value("[name='context.learning_rate']") == "0.003"
    assert "context from exp/config.yaml" in str(page.text_content("[aria-label='Notes on the file']"))


def test_settings_dropped_beside_a_table_fill_the_form(visit: Visit) -> None:
    settings = json.dumps({"weight_decay": 0.3, "model": {"type": "transformer"}})
    visit.page.evaluate("() => document.getElementById('context').open = true")
    visit.drop("mine.json", settings, mine=HISTORY.read_text())
    visit.page.wait_for_selector("#answer .headline")
    assert visit.page.input_value("[name='context.weight_decay']") == "0.3"
    assert visit.page.input_value("[name='context.architecture']") == "transformer"
