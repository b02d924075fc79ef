"""The figures that were aimed at, beside those that were reached."""

from collections.abc import Iterator
from typing import Any

from predictor.benchmark.methods import FORECASTER
from predictor.report.text import interval_text

_NETWORKS = {"embedding_mlp": 0.18, "transformer": 0.30}  # MAPE aimed at
_LEAST_ONSETS = 20  # of a family whose coverage means anything
HEADER = ["figure", "aimed at", "reached", ""]


def targets_table(result: dict[str, Any]) -> tuple[str, list[str], list[list[str]]]:
    """Return every aim as a row: what, how much, how much it is, and whether that is enough."""
    rows = [[*words, "yes" if enough else "no"] for *words, enough in _aims(result)]
    return "What was aimed at", HEADER, rows


def _aims(result: dict[str, Any]) -> Iterator[tuple[str, str, str, bool]]:
    headline = result["headline"]
    yield from _whether(headline["whether"])
    yield from _alarm(result["alarm"])
    yield from _when(headline["when"], result["groups"])
    yield from _held_in_families(result["groups"])
    yield from _left_out(result["transfer"])
    yield from _elsewhere(result.get("external", []))
    kept, compute = (result["decision"][FORECASTER][k] for k in ("kept", "compute"))
    enough = kept["value"] >= 0.95 and compute["value"] <= 0.60
    yield (
        "DECISION: grokking runs kept",
        "0.95 at 0.60 of the compute",
        f"{interval_text(kept)} at {interval_text(compute)}",
        enough,
    )


def _whether(found: dict[str, Any]) -> Iterator[tuple[str, str, str, bool]]:
    auroc = found["auroc"]
    yield "WHETHER at memorisation: AUROC", "0.95", interval_text(auroc), auroc["value"] >= 0.95
    for name, key in (("context only", "minus_context_only"), ("the best single signal", "minus_best_signal")):
        yield (
            f"minus that of {name}",
            "interval above 0",
            interval_text(found[key]),
            found[key]["low"] > 0,
        )


def _alarm(found: dict[str, Any]) -> Iterator[tuple[str, str, str, bool]]:
    ours, (context,) = found[FORECASTER], [a for name, a in found.items() if name != FORECASTER]
    fpr, coverage, lead = ours["fpr"], ours["coverage"], ours["lead_share"]
    bound = f"{interval_text(fpr)}, bound {ours['fpr_bound']:.3f}"
    yield "ALARM: false-positive rate by run", "at most 0.05", bound, fpr["value"] <= 0.05
    watched = f"{interval_text(coverage)}; of the {ours['grokking_watched']} watched {interval_text(ours['coverage_watched'])}"
    yield (
        f"of {ours['grokking']} grokking runs announced",
        "0.80",
        watched,
        coverage["value"] >= 0.80,
    )
    yield "median lead as a share of the delay", "0.50", interval_text(lead), lead["value"] >= 0.50
    enough = coverage["value"] > context["coverage"]["value"]
    yield "announced by context alone", "less", interval_text(context["coverage"]), enough


def _when(found: dict[str, Any], groups: dict[str, Any]) -> Iterator[tuple[str, str, str, bool]]:
    error, most = found["log10_mae"], 1.3 * found["noise_floor"]["value"]
    yield (
        "WHEN at memorisation: log10 MAE",
        f"1.3 x the noise floor, {most:.3f}",
        interval_text(error),
        error["value"] <= most,
    )
    for network, most in _NETWORKS.items():
        if (group := groups.get(network)) is not None:
            mape = group["mape"]
            yield (
                f"MAPE, {network} ({group['grokking']} runs)",
                f"{most:.2f}",
                interval_text(mape),
                mape["value"] <= most,
            )
    held = found["coverage90"]
    enough = 0.87 <= held["value"] <= 0.93 and held["low"] <= 0.90 <= held["high"]
    yield (
        "90 % interval: onsets held",
        "0.87 to 0.93, 0.90 in its interval",
        interval_text(held),
        enough,
    )


def _held_in_families(groups: dict[str, Any]) -> Iterator[tuple[str, str, str, bool]]:
    for name, group in groups.items():
        if group["factor"] == "task_family" and group["positives"] >= _LEAST_ONSETS:
            held, what = group["coverage90"], f"the same in {name} ({group['positives']} onsets)"
            if held["value"] is None:
                yield what, "0.80", "no run was followed to the end of its interval", False
            else:
                yield what, "0.80", interval_text(held), held["value"] >= 0.80


def _left_out(found: dict[str, Any]) -> Iterator[tuple[str, str, str, bool]]:
    aim = "AUROC 0.85, error 25 % below context only"
    for factor, level in found.items():
        name = f"{factor.replace('_', ' ')} left out"
        if level["auroc"] is None:
            yield name, aim, "no level is estimable", False
            continue
        less = 1 - level["log10_mae"] / level["context_only_log10_mae"]
        side = f"{100 * abs(less):.0f} % {'below' if less >= 0 else 'above'}"
        reached = f"{level['auroc']:.3f}, {level['log10_mae']:.3f} ({side})"
        yield name, aim, reached, level["auroc"] >= 0.85 and less >= 0.25


def _elsewhere(found: list[dict[str, Any]]) -> Iterator[tuple[str, str, str, bool]]:
    for mean in (m for e in found if e["locked"] for m in e["means"]):
        auroc, error, held = (mean[k] for k in ("auroc", "log10_mae", "coverage90"))
        enough = auroc >= 0.88 and error <= 0.15 and 0.87 <= held <= 0.94
        yield (
            f"recorded elsewhere, locked half, {mean['horizon']}x",
            "AUROC 0.88, log10 MAE 0.15, coverage 0.87 to 0.94",
            f"{auroc:.3f}, {error:.3f}, {held:.3f}",
            enough,
        )
