"""Every curl line of the documents, word for word but for the port, one after another, and the calls in Python."""

import re
import subprocess
from pathlib import Path

import pytest

from tests.forks import ROOT
from tests.service_process import running_service


def test_the_documents_lines_are_answered(tmp_path: Path) -> None:
    with running_service(tmp_path) as url:
        for page in ("README.md", "docs/service.md"):
            text = (ROOT / page).read_text().replace("\\\n", " ")
            lines = [line.strip() for line in text.splitlines() if line.strip().startswith("curl ")]
            assert lines
            for line in lines:
                if "Bearer" in line or "/events" in line:
                    continue
                command = line.replace("http://127.0.0.1:8321", url)
                assert url in command
                done = subprocess.run(
                    command + " --fail-with-body",
                    shell=True,
                    cwd=ROOT,
                    capture_output=True,
                    text=True,
                    timeout=60,
                    check=False,
                )
                assert done.returncode == 0, f"{line}\n{done.stdout}{done.stderr}"


def test_the_calls_in_python_run_one_after_another(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    blocks = re.findall(r"```python\n(.*?)```", (ROOT / "docs" / "python.md").read_text(), re.DOTALL)
    assert len(blocks) >= 5
    names: dict[str, object] = {}
    for block in blocks:
        exec(compile(block, "docs/python.md", "exec"), names)
