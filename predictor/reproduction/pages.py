"""docs/reproduction.md and docs/laws.md, written from stored results alone."""

from collections import Counter
from collections.abc import Mapping
from itertools import groupby

from predictor.benchmark.bootstrap import Interval
from predictor.report.markdown import between, markdown_table
from predictor.report.table import Column, Table, columns, figure_text
from predictor.reproduction.claim import Claim, Figure
from predictor.reproduction.laws import ERROR, EXPONENT, RANKING
from predictor.reproduction.registry import CLAIMS
from predictor.reproduction.results import Result

# Of docs/signals.md.
_BEGIN, _END = "<!-- claims: written by grokcast reproduce -->", "<!-- /claims -->"
_FOLDER = "reproduction"  # of the results and pictures, beside both pages


def reproduction_page(results: Mapping[str, Result]) -> str:
    """Return docs/reproduction.md: a row a claim, and what each was tested by."""
    rows = tuple(_row(name, claim, results.get(name)) for name, claim in CLAIMS.items())
    overview = Table("", columns("claim", "paper", "runs (configurations; seeds)", "what decides", "verdict"), rows)
    parts = [_opening(results), markdown_table(overview)]
    for paper, claims in groupby(CLAIMS.items(), key=lambda item: item[1].paper):
        parts.append(f"## {paper}")
        parts += [_section(name, claim, results.get(name)) for name, claim in claims]
    return "\n\n".join(parts) + "\n"


def laws_page(results: Mapping[str, Result]) -> str:
    """Return docs/laws.md: closed laws of grokking time beside what is fitted here."""
    parts = [
        "# Laws of grokking time\n\nWritten by `grokcast reproduce laws_time laws_critical_norm`, from stored runs. Closed laws "
        "are given a factor for each architecture, fitted with the censored runs on four fifths of the configurations, and are "
        "judged on the others. Errors are of the median given onset by the budget, on runs with onset; intervals are 95 %, by "
        "bootstrap over configurations. A forecast, which reads the history too, is judged in [benchmark.md](benchmark.md), with three "
        "laws beside it on runs of every kind."
    ]
    time = results.get("laws_time")
    if time is not None:
        parts += [
            "## Errors",
            markdown_table(_law_table(time)),
            "## Exponents of the refit",
            markdown_table(_exponents(time)),
        ]
        parts.append(
            "`samples / p^1.5` is the number of training samples over p to the power of 1.5. Runs without onset within their "
            "budget say that it came later: leaving them out flattens every exponent."
        )
    for name in ("laws_time", "laws_critical_norm"):
        instead = "Its figures are those above." if name == "laws_time" else ""
        parts += [f"## {name}", _body(CLAIMS[name], results.get(name), name, instead)]
    return "\n\n".join(parts) + "\n"


def with_signals(page: str, results: Mapping[str, Result]) -> str:
    """Return docs/signals.md with its table of what became of the claims that are about a signal."""
    rows = []
    for name, claim in CLAIMS.items():
        if claim.signals:
            _, _, evidence, decides, verdict = _row(name, claim, results.get(name))
            signals = ", ".join(f"`{signal}`" for signal in claim.signals)
            link = f"[{claim.paper}, {claim.figure}](reproduction.md#{name}): {claim.states}"
            rows.append((signals, link, f"{decides} ({evidence})", verdict))
    table = Table("", columns("signals", "claim", "what decides", "verdict"), tuple(rows))
    return between(page, markdown_table(table), _BEGIN, _END)


def _opening(results: Mapping[str, Result]) -> str:
    verdicts = Counter(_verdict(results.get(name)) for name in CLAIMS)
    counts = ", ".join(f"{verdict} ({count})" for verdict, count in verdicts.most_common())
    return (
        "# The papers, reproduced\n\n"
        "Each claim of the papers that Grokcast's signals and runs come from, tested by a rule that stands beside it. Verdicts: "
        f"{counts}. `grokcast reproduce --list` names the claims, `grokcast reproduce NAME` tests one again, and writes this "
        "page. Stored runs are those of the corpus and of the candidates for it; where runs were made for a claim, `quick` "
        "says that they are fewer and smaller than the paper's. Intervals are 95 %, by bootstrap over configurations; of runs made for a claim, three seeds a "
        "setting, a figure is the median of the seeds and the brackets are the lowest and the highest."
    )


def _row(name: str, claim: Claim, result: Result | None) -> tuple[str, str, str, str, str]:
    link = f"[`{name}`](#{name})"
    where = f"{claim.paper}, {claim.figure}"
    if result is None:
        return link, where, "–", "–", f"not run yet: {_missing(name, claim)}"
    (decides, figure), *_ = result.figures.items()
    return link, where, _evidence(result), f"{decides}: {_text(figure)}", _verdict(result)


def _missing(name: str, claim: Claim) -> str:
    return claim.missing or f"its runs, which `grokcast reproduce {name} --quick` makes"


def _verdict(result: Result | None) -> str:
    if result is None:
        return "not run yet"
    return result.verdict or "not decided"


def _evidence(result: Result) -> str:
    low, high = result.seeds
    seeds = f"{low}" if low == high else f"{low} to {high}"
    return f"{result.scale}: {result.runs:,} ({result.configurations:,}; {seeds})"


def _section(name: str, claim: Claim, result: Result | None) -> str:
    instead = "Its figures are those of [laws.md](laws.md)." if name == "laws_time" else ""
    return f"### {name}\n\n{_body(claim, result, name, instead)}"


def _body(claim: Claim, result: Result | None, name: str, instead: str) -> str:
    """Return what a claim says and what became of it; `instead` of its figures, where they stand elsewhere."""
    parts = [f"{claim.figure}: {claim.states}"]
    if result is None:
        return "\n\n".join([*parts, f"**Not run yet.** Missing: {_missing(name, claim)}."])
    parts += [
        f"Tested on {claim.configuration}. {claim.rule}",
        f"**{_verdict(result).capitalize()}** ({_evidence(result)}). {result.note}".rstrip(),
    ]
    rows = tuple((figure, _text(value)) for figure, value in result.figures.items())
    parts.append(instead or markdown_table(Table("", columns("figure", "value"), rows)))
    if result.picture is not None:
        parts.append(f"![{result.picture.y_label} over {result.picture.x_label}]({_FOLDER}/{name}.svg)")
    return "\n\n".join(parts)


def _text(figure: Figure) -> str:
    if isinstance(figure, Interval) and figure.value is not None and figure.low is None:
        return f"{figure.value:,.3f} (no interval)"
    if isinstance(figure, float) and figure.is_integer():
        return f"{int(figure):,}"
    return figure_text(figure)


def _law_table(result: Result) -> Table:
    errors = _named(result, ERROR)
    ranks = _named(result, RANKING)
    rows = tuple((law, error, ranks.get(law)) for law, error in errors.items())
    return Table("", (Column("law"), Column("log10 MAE given onset"), Column("AUROC of onset within the budget")), rows)


def _exponents(result: Result) -> Table:
    found = _named(result, EXPONENT)
    rows = tuple((name, figure) for name, figure in found.items())
    return Table("", columns("exponent of", "value"), rows)


def _named(result: Result, prefix: str) -> dict[str, Figure]:
    return {name.removeprefix(prefix): figure for name, figure in result.figures.items() if name.startswith(prefix)}
