"""The page in a real browser, before a real service: what its tests share."""

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2
import pytest

from api.access.keys import KeyStore
from api.storage.database import Database

ROOT = Path(__file__).parent.parent
HISTORY = ROOT / "examples/history.csv"
WAIT_MS = 30_000  # a busy machine is no failure
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@dataclass
class Visit:
    """A page in the browser, and what it did that it should not."""

    page: Any
    errors: list[str] = field(default_factory=list)
    hosts: set[str] = field(default_factory=set)

    def text(self, selector: str) -> str:
        return str(self.page.inner_text(selector))

    def drop(self, name: str, content: str, **others: str) -> None:
        """Drop a file where files are dropped, and others with it."""
        self.page.evaluate(
            """(files) => {
                const data = new DataTransfer();
                for (const [name, content] of files) data.items.add(new File([content], name));
                for (const kind of ["dragenter", "dragover", "drop"])
                    document.getElementById("drop").dispatchEvent(
                        new DragEvent(kind, { dataTransfer: data, bubbles: true, cancelable: true }));
            }""",
            [[name, content], *([f"{stem}.csv", text] for stem, text in others.items())],
        )


@pytest.fixture(scope="session")
def page_service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a service in a process of its own, with the shipped forecaster."""
    yield from served_page(tmp_path_factory.mktemp("service"))


def served_page(folder: Path) -> Iterator[str]:
    """Yield the address of a service whose data are in a folder, and end it."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = {
        "GROKCAST_DATABASE_URL": f"sqlite:///{folder}/service.db",
        "XDG_DATA_HOME": str(folder),
        "OMP_NUM_THREADS": "1",
    }
    command = [sys.executable, "-m", "uvicorn", "api.app:create_app", "--factory"]
    process = subprocess.Popen(
        [*command, "--port", str(port), "--log-level", "warning", "--timeout-graceful-shutdown", "1"],
        cwd=ROOT,
        env=os.environ | environment,
    )
    address = f"http://127.0.0.1:{port}"
    try:
        wait_for(lambda: _is_ready(address))
        yield address
    finally:
        process.terminate()
        process.wait(60)


def ask(method: str, url: str, **options: Any) -> httpx2.Response:
    return httpx2.request(method, url, trust_env=False, timeout=60, **options)


def make_key(folder: Path) -> str:
    database = Database(f"sqlite:///{folder}/service.db")
    _, key = KeyStore(database).create("page", "read")
    database.close()
    return key


def _is_ready(address: str) -> bool:
    try:
        return ask("GET", f"{address}/readyz").status_code == 200
    except httpx2.TransportError:
        return False


def wait_for(condition: Callable[[], bool], seconds: float = 120) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.1)


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """Chromium. One for each module: while it is open, no other event loop runs in this thread."""
    if CHROMIUM is None:
        pytest.skip("no chromium: apt-get install chromium (Debian's package)")
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    playwright.expect.set_options(timeout=WAIT_MS)
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def open_page(browser: Any) -> Iterator[Callable[..., Visit]]:
    """A function that opens an address in a browser window of its own."""
    contexts = []

    def open_it(address: str, **options: Any) -> Visit:
        context = browser.new_context(reduced_motion="reduce", **options)
        contexts.append(context)
        visit = Visit(context.new_page())
        visit.page.set_default_timeout(WAIT_MS)
        visit.page.on("pageerror", lambda error: visit.errors.append(str(error)))
        visit.page.on("console", lambda m: visit.errors.append(m.text) if m.type == "error" else None)
        visit.page.on("request", lambda request: visit.hosts.add(request.url.split("/")[2]))
        visit.page.goto(address)
        return visit

    yield open_it
    for context in contexts:
        context.close()


@pytest.fixture
def visit(open_page: Callable[..., Visit], page_service: str) -> Iterator[Visit]:
    """The page at a desk; whatever happens on it, nothing fails and no request leaves the service."""
    visit = open_page(page_service)
    yield visit
    assert not visit.errors, visit.errors
    assert visit.hosts == {page_service.removeprefix("http://")}
