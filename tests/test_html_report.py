"""The benchmark's page: arrays by hand, a page from all and from each part, nothing from outside, words for eyes that do not see."""

import json
import re
import sys
from dataclasses import dataclass
from html.parser import HTMLParser
from typing import Any

import numpy as np
import pytest

from features.extract import COLUMNS
from features.table import FeatureTable
from predictor.benchmark.baselines.context_and_population import Prediction
from predictor.benchmark.plots import calibration, plot_arrays, roc
from predictor.report.html import Result, html_report
from training_runs import InvalidInput
from training_runs.arrays import FloatArray

_VOID = {"meta", "br", "link", "img", "hr"}


def figure(value: float | None, half: float = 0.02) -> dict[str, float | None]:
    if value is None:
        return {"value": None, "low": None, "high": None}
    return {"value": value, "low": round(value - half, 4), "high": round(value + half, 4)}


def whole_result() -> dict[str, Any]:
    methods = {
        "grokcast": {"auroc": figure(0.97), "log10_mae": figure(0.09), "brier": figure(0.06)},
        "context only, boosted": {"auroc": figure(0.91), "log10_mae": figure(0.16), "brier": figure(0.1)},
        "best single signal": {"auroc": figure(0.8), "log10_mae": figure(None), "brier": figure(0.15)},
    }
    table = {
        "rows": 1234,
        "positives": 400,
        "grokking": 300,
        "negatives": {"budget_censored": 700, "blocked": 134},
        "methods": methods,
        "coverage90": figure(0.91),
    }
    curve = {"false_positive": [0.0, 0.1, 1.0], "true_positive": [0.0, 0.9, 1.0], "auroc": 0.95}
    bins = {"predicted": [0.1, 0.9], "observed": [0.12, None], "low": [0.05, None], "high": [0.2, None], "rows": [9, 9]}
    alarm = {
        "target_fpr": 0.05,
        "negatives": 90,
        "fpr": figure(0.04),
        "fpr_bound": 0.08,
        "coverage": figure(0.85),
        "lead_steps": figure(2100, 300),
        "lead_share": figure(0.6),
    }
    return {
        "version": "2026.12.1",
        "runs": 2000,
        "configurations": 1200,
        "folds": 5,
        "tables": {"at memorisation": table, "any, before the rise": table},
        "headline": {
            "landmark": "at memorisation",
            "whether": {"auroc": figure(0.97), "minus_context_only": figure(0.06), "minus_best_signal": figure(0.17)},
            "when": {
                "log10_mae": figure(0.09),
                "noise_floor": {"value": 0.08, "pairs": 120},
                "coverage90": figure(0.91),
            },
        },
        "groups": {"modular": {"rows": 800, "auroc": figure(0.98), "coverage90": figure(0.9)}},
        "alarm": {"grokcast": alarm, "context only, boosted": alarm},
        "transfer": {
            "modulus": {"levels": {"97": {"rows": 80, "auroc": figure(0.9)}}, "not_estimable": ["23"], "auroc": 0.9},
            "operation": {"levels": {}, "not_estimable": ["S5"], "auroc": None},
        },
        "decision": {
            "no pruning": {"kept": figure(1.0, 0), "compute": figure(1.0, 0)},
            "MedianPruner": {"kept": figure(0.1), "compute": figure(0.2)},
            "grokcast": {"kept": figure(0.96), "compute": figure(0.55)},
        },
        "signal_sets": {
            "everything": {"auroc": figure(0.97), "log10_mae": figure(0.09)},
            "no validation data": {"auroc": figure(0.9), "log10_mae": figure(None)},
        },
        "external": {
            "forecaster": "2026.12.1",
            "locked": False,
            "means": [{"horizon": 10, "auroc": 0.9}],
            "rows": [{"source": "elsewhere", "horizon": 10, "with_context": True, "rows": 60, "auroc": figure(0.9)}],
        },
        "plots": {
            "landmark": "at memorisation",
            "calibration": {"grokcast": bins, "context only, boosted": bins},
            "roc": {"at memorisation": curve, "4x memorisation": curve},
            "onsets": {"actual": [1500.0, 9000.0], "predicted": [1600.0, 30_000.0], "family": ["modular", "mnist"]},
            "coverage": {"modular": {**figure(0.9), "onsets": 210}},
            "leads": [0.0, 0.4, 0.8, 0.9],
            "frontier": {"kept": [0.5, 0.9, 1.0], "compute": [0.2, 0.4, 0.9]},
        },
    }


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
    return html_report(whole_result())  # type: ignore[arg-type]


def test_the_page_is_well_formed_and_its_ids_are_its_own(html: str) -> None:
    page = Page(html)
    assert page.headings == 8
    assert len(page.ids) == len(set(page.ids))
    for target in re.findall(r'(?:href="|url\()#([^")]*)', html):
        assert target in page.ids


def test_the_page_opens_without_a_network(html: str) -> None:
    assert not re.search(r'<(?:script|link|img|iframe)|@import|src=|url\((?!#)|href="(?!#)', html)


def test_every_picture_is_told_in_words(html: str) -> None:
    images = Page(html).images
    assert len(images) == html.count("<figure>") == html.count("<svg ") == 10
    told = " ".join(images)
    assert "at memorisation, AUROC 0.950" in told
    assert "50 % lie within a factor of two" in told
    assert "1 are missed; the median lead is 60 % of the delay" in told
    assert "MedianPruner keeps 10 % at 20 % of the compute" in told
    assert "modular, 210 onsets: 0.900" in told


def test_colours_follow_the_readers_scheme(html: str) -> None:
    assert "#0102" not in html
    drawn = "".join(re.findall(r"<svg .*?</svg>", html, flags=re.DOTALL))
    assert set(re.findall(r"#[0-9a-fA-F]{6}\b", drawn)) == set()
    used = set(re.findall(r"var\((--[a-z0-9-]+)\)", html))
    light, dark = html.split("prefers-color-scheme: dark", 1)
    assert all(f"{name}:" in light and f"{name}:" in dark for name in used)


def test_figures_stand_with_their_intervals(html: str) -> None:
    words = " ".join(" ".join(Page(html).words).split())
    assert "grokcast 0.970 [0.950, 0.990]" in words
    assert "1,234 rows, 400 with onset (300 grok), 700 run out of their budget, 134 never can." in words
    assert "2,100 [1,800, 2,400]" in words
    assert "Not estimable. Modulus: 23. Operation: S5." in words
    assert "modular 800 0.980 [0.960, 1.000] 0.900" in words
    assert "minus best signal whether 0.170 [0.150, 0.190]" in words
    assert "elsewhere 10 yes 60 0.900" in words
    assert "None" not in words
    assert "nan" not in words.lower().replace("pruner", "")


@pytest.mark.parametrize("key", whole_result())
def test_every_part_stands_alone(key: str) -> None:
    nothing: dict[str, Any] = dict.fromkeys(whole_result())
    Page(html_report(nothing | {key: whole_result()[key]}))  # type: ignore[arg-type]


@pytest.mark.parametrize("key", whole_result()["plots"])
def test_every_plot_stands_alone(key: str) -> None:
    page = Page(html_report({"plots": {key: whole_result()["plots"][key]}}))  # type: ignore[misc]
    assert len(page.images) == (key != "landmark")


def test_the_headline_is_enough() -> None:
    whole = whole_result()
    parts = {k: whole[k] for k in ("alarm", "transfer", "decision", "signal_sets")}
    assert Page(html_report({"headline": {**whole["headline"], **parts}})).headings == 5


def test_the_same_result_gives_the_same_page(html: str) -> None:
    assert html_report(json.loads(json.dumps(whole_result()))) == html


def test_names_are_text() -> None:
    name = '<script>alert("$1$")</script>'
    result = whole_result()
    result["decision"][name] = result["decision"]["grokcast"]
    result["signal_sets"][name] = result["signal_sets"]["everything"]
    html = html_report(result)  # type: ignore[arg-type]
    Page(html)
    assert "<script" not in html


def test_without_matplotlib_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    nothing: Result = {}
    assert Page(html_report(nothing)).headings == 0
    with pytest.raises(InvalidInput, match=r"grokcast\[plots\]"):
        html_report(whole_result())  # type: ignore[arg-type]


@dataclass
class HeldOutRows:
    """Held-out rows by hand, in the shape of `predictor.benchmark.run.Scored`."""

    rows: FeatureTable
    predictions: dict[str, Prediction]
    at_end: FloatArray


def held_out(n: int = 400) -> HeldOutRows:
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
    return HeldOutRows(rows, {"grokcast": Prediction(probability, time * 1.1)}, at_end)


def test_plot_arrays_are_plain_and_make_a_page() -> None:
    scored = held_out()
    family = np.where(np.arange(400) % 2 == 0, "modular", "parity")
    plots = plot_arrays({"at memorisation": scored}, family, "at memorisation")
    assert json.loads(json.dumps(plots, allow_nan=False)) == plots
    assert plots["onsets"]["predicted"] == [5500.0] * int(scored.rows.event.sum())
    assert plots["onsets"]["family"] == family[scored.rows.event].tolist()
    assert sum(c["onsets"] for c in plots["coverage"].values()) == scored.rows.event.sum()
    assert Page(html_report({"plots": plots})).headings == 2


def test_right_probabilities_are_seen_to_be_calibrated() -> None:
    s = held_out(4000)
    bins = calibration(s.predictions["grokcast"].probability, s.rows.event, s.rows.configuration)
    assert bins["rows"] == [400] * 10
    np.testing.assert_allclose(bins["predicted"], np.arange(0.05, 1, 0.1), atol=0.02)
    inside = [low <= p <= high for p, low, high in zip(bins["predicted"], bins["low"], bins["high"], strict=True)]  # type: ignore[operator]
    assert sum(inside) >= 8


def test_right_curves_are_seen_to_cover() -> None:
    s = held_out(4000)
    found = plot_arrays({"x": s}, np.full(4000, "modular"), "x")["coverage"]["modular"]
    assert found["low"] is not None
    assert found["high"] is not None
    assert found["low"] <= 0.9 <= found["high"]


def test_a_roc_curve_by_hand() -> None:
    """Ranked 0.9 +, 0.8 -, 0.7 +, 0.1 -: up, right, up, right; three of the four pairs are in order."""
    curve = roc(np.array([0.9, 0.8, 0.7, 0.1]), np.array([True, False, True, False]))
    assert curve["auroc"] == 0.75
    points = set(zip(curve["false_positive"], curve["true_positive"], strict=True))
    assert {(0.0, 0.0), (0.0, 0.5), (0.5, 0.5), (0.5, 1.0), (1.0, 1.0)} == points


def test_blocked_runs_are_left_out_of_the_roc() -> None:
    s = held_out()
    curve = plot_arrays({"x": s}, np.full(400, "modular"), "x")["roc"]["x"]
    kept = ~s.rows.blocked
    assert curve["auroc"] == roc(s.predictions["grokcast"].probability[kept], s.rows.event[kept])["auroc"]
