"""Documents say what the code does."""

import json
import re
import shlex
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from api.app import create_app
from grokcast import __version__
from predictor.question import Question
from predictor.release import shipped_result, with_table
from predictor.report.documents import benchmark_page
from predictor.report.readme import readme_part
from training_runs.context_words import read_context
from training_runs.readers import read_recording
from training_runs.signals import markdown_table

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text()


def test_signals_are_documented_as_they_are():
    assert markdown_table() in (ROOT / "docs" / "signals.md").read_text()


def test_the_figures_in_the_documents_are_the_shipped_forecasters():
    result, version = shipped_result()
    assert with_table(README, readme_part(result)) == README
    assert (ROOT / "docs" / "benchmark.md").read_text() == benchmark_page(result, version)


@pytest.mark.parametrize("page", ["README.md", "docs/tutorial.md"])
def test_what_is_told_of_the_tutorials_run_is_what_the_shipped_forecaster_answers(shipped, page):
    text = " ".join((ROOT / page).read_text().split())
    ((at_first, earliest),) = re.findall(r"(\d+) % to generalise by step 20,000, not before about ([\d,]+)", text)
    (later,) = re.findall(r"(\d+) % at step 912|at step 912, it was (\d+) %", text)
    (run,) = read_recording(str(ROOT / "docs" / "tutorial" / "whole.csv")).histories.values()
    context = read_context(json.loads((ROOT / "docs" / "tutorial" / "context.json").read_text())).context
    first, then = (shipped.forecast(Question(run.prefix(step), context, horizon_step=20_000)) for step in (479, 912))
    assert int(at_first) / 100 == pytest.approx(first.probability_onset_by_horizon, abs=0.03)
    assert int("".join(later)) / 100 == pytest.approx(then.probability_onset_by_horizon, abs=0.03)
    assert int(earliest.replace(",", "")) == pytest.approx(first.onset_step.p05, rel=0.05)
    advice = re.findall(r"answer at step 479 was `(\w+)`|at step 912, it was \d+ % and `(\w+)`", text)
    if advice:
        assert ["".join(words) for words in advice] == [first.advice.action, then.advice.action]


def test_every_route_is_documented():
    service = (ROOT / "docs" / "service.md").read_text()
    for path in create_app().openapi()["paths"]:
        assert path in service, path


def test_the_version_heads_the_changelog():
    heads = re.findall(r"^## \[(.+?)\]", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)
    assert heads[0] == __version__


def test_links_within_the_documents_lead_somewhere():
    for page in [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]:
        for link in re.findall(r"\]\(([^)#]+)", page.read_text()):
            if not link.startswith("http"):
                assert (page.parent / link).exists(), f"{page.name}: {link}"


def _anchors(page):
    """Return the anchors of a page's headings, as GitHub and the site make them."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_links_to_headings_lead_to_one():
    for page in [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]:
        for path, anchor in re.findall(r"\]\(([^)#:]*)#([^)]+)\)", page.read_text()):
            assert anchor in _anchors(page.parent / path if path else page), f"{page.name}: #{anchor}"


def test_every_decision_is_listed_under_a_topic():
    page = ROOT / "docs" / "decisions.md"
    topics, entries = page.read_text().split("## In order")
    listed = re.findall(r"^- \[.+\]\(#([^)]+)\)", topics, re.MULTILINE)
    assert sorted(listed) == sorted(a for a in _anchors(page) if a.startswith("20"))
    dated = re.findall(r"^(?:### |\*\*)20\d\d-\d\d-\d\d", entries, re.MULTILINE)
    assert len(dated) == len(listed), "an entry begins with `### DATE. What was chosen`"


def test_the_reference_describes_modules_that_exist():
    for page in (ROOT / "docs" / "reference").glob("*.md"):
        modules = re.findall(r"^::: (\S+)", page.read_text(), re.MULTILINE)
        assert modules, page.name
        for module in modules:
            assert find_spec(module), f"{page.name}: {module}"


@pytest.mark.parametrize("page", ["CONTRIBUTING.md", "docs/architecture.md"])
def test_files_that_contributors_are_sent_to_exist(page):
    folders = ("training_runs", "features", "predictor", "api", "grokcast", "tests", "docs")
    text = (ROOT / page).read_text()
    made_by_a_recipe = re.findall(r"A file `([^`]+)`", text)
    paths = set(re.findall(rf"\b(?:{'|'.join(folders)})/[\w./-]*\w", text)) - set(made_by_a_recipe)
    assert paths
    for path in paths:
        assert (ROOT / path).exists(), path


COMMANDS = README + (ROOT / "docs" / "plans.md").read_text()


@pytest.mark.parametrize("line", sorted(set(re.findall(r"^grokcast (?:forecast|plan) .+$", COMMANDS, re.MULTILINE))))
def test_commands_that_forecast_or_plan_run(line):
    done = subprocess.run([sys.executable, "-m", *shlex.split(line)], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    if "--json" in line:
        json.loads(done.stdout)
