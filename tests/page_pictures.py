"""Take the pictures of docs/page/ again: `make pictures`, or `python -m tests.page_pictures --out FOLDER` (a minute).

The page's own example, at a desk and on a phone, and the run of docs/tutorial/ as it looked while it was flat, added to a
real service a few points at a time. Needs Debian's chromium, and DejaVu's fonts for pictures that look alike everywhere.
"""

import argparse
import csv
import json
import shutil
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import httpx2

from tests.service_process import running_service

ROOT = Path(__file__).parent.parent
FLAGS = ["--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--disable-background-networking"]
WAIT_MS = 120_000  # a busy machine is no failure
MARGIN = 12  # below the last element of a picture
RUN = "add-mod-47"
CONTEXT = {
    "task_family": "modular",
    "operation": "add",
    "modulus": 47,
    "architecture": "embedding_mlp",
    "budget_step": 20_000,
}
COMPARED = f"#/compare?run=example&run={RUN}-until-20000&signal=val_loss"
# Where the run is forecast: its last is flat still, and validation accuracy has not risen.
CUTS = (100, 480, 920, 1_910, 5_000, 20_000)  # where the runs of the list end; the last two have risen
SEEN_AT = (50, 100, 200, 365, 400, 480, 650, 920, 1_320, 1_910, 2_520)


def add_run(url: str, name: str, seen_at: Sequence[int]) -> int:
    """Add the tutorial's run to a service, a few points at a time; return its last step."""
    stated = json.loads((ROOT / "docs/tutorial/context.json").read_text())
    with (ROOT / "docs/tutorial/whole.csv").open() as lines:
        rows = [{k: float(v) if v else None for k, v in row.items()} for row in csv.DictReader(lines)]
    sent = 0
    run = f"{url}/v1/runs/{name}"
    with httpx2.Client(trust_env=False, timeout=60) as service:
        service.put(run, json={"context": {**stated, **CONTEXT}}).raise_for_status()
        for until in seen_at:
            new = [row for row in rows if sent < (row["step"] or 0) <= until]
            history = {name: [row[name] for row in new] for name in rows[0]}
            service.post(f"{run}/metrics", json={"history": history}).raise_for_status()
            sent = int(history["step"][-1] or 0)
    return sent


def add_example(url: str) -> None:
    """Add the page's example, which is of another configuration."""
    with (ROOT / "examples/history.csv").open() as lines:
        rows = list(csv.DictReader(lines))
    history = {name: [float(row[name]) for row in rows] for name in rows[0]}
    context = json.loads((ROOT / "examples/context.json").read_text())
    with httpx2.Client(trust_env=False, timeout=60) as service:
        service.put(f"{url}/v1/runs/example", json={"context": context}).raise_for_status()
        service.post(f"{url}/v1/runs/example/metrics", json={"history": history}).raise_for_status()


def take(url: str, folder: Path) -> None:
    """Add the run as it was at several steps, open the page, and write the pictures."""
    from playwright.sync_api import expect, sync_playwright

    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None:
        raise SystemExit("no chromium; next: apt-get install chromium fonts-dejavu-core")
    for until in CUTS:
        add_run(url, f"{RUN}-until-{until}", (until,))
    last = add_run(url, RUN, SEEN_AT)
    add_example(url)
    expect.set_options(timeout=WAIT_MS)
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=chromium, args=FLAGS)

        def page(width: int, height: int, scheme: Any = "light") -> Any:
            size: Any = {"width": width, "height": height}
            context = browser.new_context(viewport=size, color_scheme=scheme, reduced_motion="reduce", locale="en-GB")
            opened = context.new_page()
            opened.set_default_timeout(WAIT_MS)
            opened.goto(url)
            return opened

        def end_below(page: Any, last: str) -> None:
            """Make the window end below an element, so that the picture cuts no card through."""
            page.evaluate("scrollTo(0, 0)")
            box = page.locator(last).bounding_box()
            page.set_viewport_size({**page.viewport_size, "height": round(box["y"] + box["height"]) + MARGIN})

        def picture(page: Any, name: str, part: str | None = None) -> None:
            page.evaluate("document.activeElement.blur(); scrollTo(0, 0)")
            page.mouse.move(0, 0)
            page.wait_for_timeout(500)
            (page if part is None else page.locator(part)).screenshot(path=folder / name)
            print(f"{folder / name}", flush=True)

        run = page(1_100, 1_850, "dark")
        run.get_by_role("link", name=RUN, exact=True).click()
        expect(run.locator("#run .words")).to_contain_text(f"Step {last:,}: ")
        expect(run.locator("#run .pair .median-dot").nth(len(SEEN_AT) - 2)).to_be_visible()
        end_below(run, "#run .pair")
        picture(run, "run-dark.png")
        listed = page(1_100, 1_200)
        listed.fill("#run-filter", "add-mod budget_step = 20000")
        listed.click("#run-head >> text=P")
        listed.locator("#runs").scroll_into_view_if_needed()
        expect(listed.locator(".sparkline")).to_have_count(len(CUTS) + 1)
        picture(listed, "runs.png", "#runs")
        compared = page(1_100, 1_200)
        compared.evaluate("(view) => { location.hash = view; }", COMPARED)
        compared.wait_for_selector("#compare svg")
        picture(compared, "compare.png", "#compare")
        for name, width, last in (("forecast.png", 1_100, "#answer .cards"), ("phone.png", 360, "#answer .curves")):
            desk = page(width, 2_200)
            desk.click("#example")
            desk.wait_for_selector("#answer .curves svg path.val-line")
            desk.wait_for_selector("#forecaster .tiles")
            end_below(desk, last)
            picture(desk, name)
        browser.close()


def main() -> None:
    """Start a service of its own, and take the pictures."""
    parser = argparse.ArgumentParser(description="Take the pictures of docs/page/ again.")
    parser.add_argument("--out", type=Path, default=ROOT / "docs" / "page", help="[%(default)s]")
    folder: Path = parser.parse_args().out
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as data, running_service(Path(data)) as url:
        take(url, folder)


if __name__ == "__main__":
    sys.exit(main())
