"""The benchmark's page: arrays by hand, a page from all and from each part, nothing from outside, words for eyes that do not see."""

import json
import re
import sys
from dataclasses import asdict, fields, replace
from html.parser import HTMLParser

import numpy as np
import pytest

from features.extract import COLUMNS
from features.table import FeatureTable
from predictor.benchmark.decision import Frontier
from predictor.benchmark.held_out import HeldOut
from predictor.benchmark.plots import Calibration, Coverage, Onsets, Plots, Roc, calibration, plot_arrays, roc
from predictor.benchmark.prediction import Prediction
from predictor.benchmark.result import QUICK, BenchmarkResult
from predictor.report.documents import benchmark_page
from predictor.report.html import external_report, html_report
from tests.benchmark_results import interval, whole_result
from training_runs import InvalidInput

_VOID = {"meta", "br", "link", "img", "hr"}
NOTHING = BenchmarkResult(0, 0, 0, {}, {}, {}, {}, {}, {}, None)
CURVE = Roc([0.0, 0.1, 1.0], [0.0, 0.9, 1.0], 0.95)
BINS = Calibration([0.1, 0.9], [0.12, None], [0.05, None], [0.2, None], [9, 9])
PLOTS = Plots(
    landmark="at memorisation",
    calibration={"grokcast": BINS, "context only, boosted": BINS},
    roc={"at memorisation": CURVE, "4x memorisation": CURVE},
    onsets=Onsets([1500.0, 9000.0], [1600.0, 30_000.0], ["modular", "mnist"]),
    coverage={"modular": Coverage(interval(0.9), 210)},
    leads=[0.0, 0.4, 0.8, 0.9],
    frontier=Frontier([0.5, 0.9, 1.0], [0.2, 0.4, 0.9]),
)


class Page(HTMLParser):
    """What a page holds; fails where tags are not closed in order."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.ids: list[str] = []
        self.images: list[str] = []
        self.headings = 0
        self.words: list[str] = []
        self.feed(html)
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in _VOID:
            self.open.append(tag)
        self._note(tag, dict(attrs))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._note(tag, dict(attrs))

    def _note(self, tag: str, attributes: dict[str, str | None]) -> None:
        self.headings += tag == "h2"
        if attributes.get("id"):
            self.ids.append(str(attributes["id"]))
        if attributes.get("role") == "img":
            self.images.append(str(attributes.get("aria-label")))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if "style" not in self.open:
            self.words.append(data)


@pytest.fixture(scope="module")
def html() -> str:
    return html_report(whole_result(), PLOTS)


def test_the_page_is_well_formed_and_its_ids_are_its_own(html: str) -> None:
    page = Page(html)
    assert page.headings == 9
    assert len(page.ids) == len(set(page.ids))
    for target in re.findall(r'(?:href="|url\()#([^")]*)', html):
        assert target in page.ids


def test_the_page_opens_without_a_network(html: str) -> None:
    assert not re.search(r'<(?:script|link|img|iframe)|@import|src=|url\((?!#)|href="(?!#)', html)


def test_every_picture_is_described_in_words(html: str) -> None:
    images = Page(html).images
    assert len(images) == html.count("<figure>") == html.count("<svg ") == 10
    described = " ".join(images)
    assert "at memorisation, AUROC 0.950" in described
    assert "50 % lie within a factor of two" in described
    assert "1 are missed; the median lead is 60 % of the delay" in described
    assert "MedianPruner keeps 10 % at 20 % of the compute" in described
    assert "modular, 210 onsets: 0.900" in described


def test_colours_follow_the_readers_scheme(html: str) -> None:
    assert "#0102" not in html
    drawn = "".join(re.findall(r"<svg .*?</svg>", html, flags=re.DOTALL))
    assert set(re.findall(r"#[0-9a-fA-F]{6}\b", drawn)) == set()
    used = set(re.findall(r"var\((--[a-z0-9-]+)\)", html))
    light, dark = html.split("prefers-color-scheme: dark", 1)
    assert all(f"{name}:" in light and f"{name}:" in dark for name in used)


def words(html: str) -> str:
    return " ".join(" ".join(Page(html).words).split())


def test_figures_stand_with_their_intervals(html: str) -> None:
    shown = words(html)
    assert "grokcast 0.970 [0.950, 0.990]" in shown
    assert "1,234 rows before the rise, of which 400 generalise within their budget (300 grok), 700 run out" in shown
    assert "2,100 [1,800, 2,400]" in shown
    assert "Not estimable: modulus: 23; operation: S5." in shown
    assert "modular 800 300 250 0.980 [0.960, 1.000] 0.090 [0.070, 0.110]" in shown
    assert "AUROC minus best single signal 0.170 [0.150, 0.190]" in shown
    assert "at memorisation, memorisation seen 300 200 0.100 [0.080, 0.120]" in shown
    assert "grokcast grokking 15 12 1 1 1" in shown
    assert "elsewhere 10x full 60 20 5 7 0.900 [0.880, 0.920]" in shown
    assert "None" not in shown
    assert "nan" not in shown.lower().replace("pruner", "")


@pytest.mark.parametrize(
    "key", [f.name for f in fields(BenchmarkResult) if f.name not in ("headline", "blind", "second_blind", "recipe")]
)
def test_every_part_stands_alone(key: str) -> None:
    """The headline needs the table of its landmark; nothing else needs anything."""
    Page(html_report(replace(NOTHING, **{key: getattr(whole_result(), key)}), Plots()))


def test_a_quick_benchmark_says_so_and_is_not_documented() -> None:
    quick = replace(whole_result(), quick=True)
    assert QUICK in html_report(quick, Plots())
    assert QUICK not in html_report(whole_result(), Plots())
    assert quick.as_dict()["quick"] is True
    assert "quick" not in whole_result().as_dict()
    with pytest.raises(ValueError, match="run the whole one"):
        benchmark_page(quick, "2026.11.1")


def test_the_headline_needs_the_table_of_its_landmark_alone() -> None:
    whole = whole_result()
    page = Page(html_report(replace(NOTHING, headline=whole.headline, tables=whole.tables), Plots()))
    assert page.headings == 3


@pytest.mark.parametrize("key", [f.name for f in fields(Plots)])
def test_every_plot_stands_alone(key: str) -> None:
    page = Page(html_report(NOTHING, Plots(**{key: getattr(PLOTS, key)})))
    assert len(page.images) == (key != "landmark")


def test_runs_recorded_elsewhere_have_a_page_of_their_own() -> None:
    external = whole_result().external
    assert external is not None
    page = external_report(external)
    assert Page(page).headings == 1
    assert "Forecaster 2026.12.1." in words(page)
    assert "over-represents onsets" in words(page)


def test_the_same_result_gives_the_same_page(html: str) -> None:
    assert html_report(BenchmarkResult.of_json(json.loads(json.dumps(whole_result().as_dict()))), PLOTS) == html


def test_names_of_a_corpus_are_text_everywhere() -> None:
    name = '<script>alert("$1$")</script><b onclick=x>&amp;'
    data = whole_result().as_dict()
    for part in ("tables", "alarm", "signal_sets", "groups", "transfer", "decision"):
        data[part][name] = next(iter(data[part].values()))
    data["transfer"]["modulus"]["levels"][name] = next(iter(data["transfer"]["modulus"]["levels"].values()))
    data["transfer"]["modulus"]["not_estimable"] = [name]
    data["headline"]["whether"]["best_signal"] = name
    data["external"] |= {"forecaster": name, "rows": [{**data["external"]["rows"][0], "source": name}]}
    plots = replace(
        PLOTS,
        landmark=name,
        calibration={name: BINS},
        roc={name: CURVE},
        onsets=Onsets([1500.0], [1600.0], [name]),
        coverage={name: Coverage(interval(0.9), 210)},
    )
    page = html_report(BenchmarkResult.of_json(data), plots)
    shown = words(page)
    assert shown.count(name) > 20
    assert "<script" not in page
    assert "<b onclick" not in page
    assert sum(name in description for description in Page(page).images) >= 4


def test_without_matplotlib_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    assert Page(html_report(NOTHING, Plots())).headings == 0
    with pytest.raises(InvalidInput, match=r"grokcast\[plots\]"):
        html_report(whole_result(), PLOTS)


def held_out(n: int = 400) -> HeldOut:
    """Rows whose probability is right by construction; F(T) of the runs with onset is even; one in ten is blocked."""
    rng = np.random.default_rng(0)
    probability = rng.uniform(size=n)
    event = rng.uniform(size=n) < probability
    time = np.where(event, 5000.0, 10_000.0)
    names = np.array([f"run-{k}" for k in range(n)])
    rows = FeatureTable(
        columns=COLUMNS,
        features=np.full((n, len(COLUMNS)), np.nan),
        landmark=np.full(n, 100.0),
        event=event,
        time=time,
        memorized_event=np.ones(n, dtype=bool),
        memorized_time=np.full(n, 100.0),
        target=np.full(n, 0.95),
        phase=np.ones(n, dtype=np.int64),
        rise=np.full(n, np.inf),
        budget=np.full(n, 10_000.0),
        run=names,
        configuration=names,
        source=np.full(n, "a"),
        blocked=~event & (rng.uniform(size=n) < 0.1),
        as_recorded=np.ones(n, dtype=bool),
        weight=np.ones(n),
    )
    at_end = np.where(event, rng.uniform(size=n) * probability, probability)
    return HeldOut(rows, {"grokcast": Prediction(probability, time * 1.1)}, np.zeros((n, 1)), at_end)


def test_plot_arrays_are_plain_and_make_a_page() -> None:
    scored = held_out()
    family = np.where(np.arange(400) % 2 == 0, "modular", "parity")
    plots = plot_arrays({"at memorisation": scored}, family, "at memorisation")
    assert json.loads(json.dumps(asdict(plots), allow_nan=False)) == asdict(plots)
    assert plots.onsets is not None
    assert plots.onsets.predicted == [5500.0] * int(scored.rows.event.sum())
    assert plots.onsets.family == family[scored.rows.event].tolist()
    assert sum(c.onsets for c in plots.coverage.values()) == scored.rows.event.sum()
    assert Page(html_report(NOTHING, plots)).headings == 2


def test_right_probabilities_are_seen_to_be_calibrated() -> None:
    s = held_out(4000)
    bins = calibration(s.predictions["grokcast"].probability, s.rows.event, s.rows.configuration)
    assert bins.rows == [400] * 10
    np.testing.assert_allclose(bins.predicted, np.arange(0.05, 1, 0.1), atol=0.02)
    inside = [low <= p <= high for p, low, high in zip(bins.predicted, bins.low, bins.high, strict=True)]  # type: ignore[operator]
    assert sum(inside) >= 8


def test_right_curves_are_seen_to_cover() -> None:
    s = held_out(4000)
    found = plot_arrays({"x": s}, np.full(4000, "modular"), "x").coverage["modular"].held
    assert found.low is not None
    assert found.high is not None
    assert found.low <= 0.9 <= found.high


def test_a_roc_curve_by_hand() -> None:
    """Ranked 0.9 +, 0.8 -, 0.7 +, 0.1 -: up, right, up, right; three of the four pairs are in order."""
    curve = roc(np.array([0.9, 0.8, 0.7, 0.1]), np.array([True, False, True, False]))
    assert curve.auroc == 0.75
    points = set(zip(curve.false_positive, curve.true_positive, strict=True))
    assert {(0.0, 0.0), (0.0, 0.5), (0.5, 0.5), (0.5, 1.0), (1.0, 1.0)} == points


def test_blocked_runs_are_left_out_of_the_roc() -> None:
    s = held_out()
    curve = plot_arrays({"x": s}, np.full(400, "modular"), "x").roc["x"]
    kept = ~s.rows.blocked
    assert curve.auroc == roc(s.predictions["grokcast"].probability[kept], s.rows.event[kept]).auroc
