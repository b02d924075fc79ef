"""Measure the service as it is now, and write docs/performance.md and the tables of docs/scaling.md: `make performance`.

On a machine that does nothing else; a quarter of an hour, most of it retrainings. Needs PostgreSQL's server.
"""

import argparse
import os
import platform
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from predictor.store import ForecasterStore
from tests.performance.load import (
    Appends,
    Server,
    append_among,
    batches,
    clients,
    live_runs,
    one_client,
    open_streams,
)
from tests.performance.profiles import Cost, append_stages, forecast_stages, retraining_stages
from tests.performance.sweep_costs import sweep_costs
from tests.postgresql import PostgresServer

ROOT = Path(__file__).parent.parent.parent
_BEGIN, _END = "<!-- measured -->", "<!-- end of what is measured -->"


@contextmanager
def _serving(workers: int, url: str | None = None, **settings: str) -> Iterator[Server]:
    with tempfile.TemporaryDirectory() as folder:
        server = Server(Path(folder), workers, url, **settings)
        try:
            time.sleep(3 if workers > 1 else 0)  # the others
            yield server
        finally:
            server.stop()


def _table(header: str, rows: list[tuple[str, ...]]) -> str:
    columns = header.split(" | ")
    lines = [f"| {header} |", "|" + "---|" * len(columns), *(f"| {' | '.join(row)} |" for row in rows)]
    return "\n".join(lines)


def _requests() -> str:
    with _serving(1, GROKCAST_EVENT_STREAM_LIMIT="1000") as server:
        ready, fresh = server.seconds_to_ready, server.megabytes()
        (bare_p50, bare_p99), (p50, p99) = one_client(server)
        rate, slowest = clients(server)
        begun = server.processor_seconds()
        again, _ = clients(server)
        cost = 1000 * (server.processor_seconds() - begun) / 1200
        with open_streams(server, 500):
            beside, _ = clients(server)
        histories, used = batches(server, 1), server.megabytes()
        append = append_among(server, 1_000, 500)
    with _serving(2) as two:
        two_rate, two_slowest = clients(two)
        two_histories = batches(two, 2)
        live = live_runs([two], 1_000, 30)
    return _table(
        "what | measured | beside it | wanted",
        [
            ("start to ready", f"{ready:.1f} s", "", "3 s"),
            ("memory of a worker", f"{fresh:.0f} MB when ready, {used:.0f} after batches", "", "400 MB"),
            (
                "one forecast, one client",
                f"p50 {p50:.1f} ms, p99 {p99:.1f} ms; {cost:.1f} ms of processor time",
                f"a bare route: {bare_p50:.1f} and {bare_p99:.1f} ms",
                "p50 5 ms, p99 25 ms",
            ),
            (
                "eight clients, one worker",
                f"{rate:.0f} and {again:.0f} a second, p99 {slowest:.0f} ms",
                "",
                "200 a second",
            ),
            (
                "the same beside 500 open event streams",
                f"{beside:.0f} a second",
                f"without: {again:.0f}",
                "10 % slower at most",
            ),
            (
                "eight clients, two workers",
                f"{two_rate:.0f} a second, p99 {two_slowest:.0f} ms",
                "",
                "200 a second, 100 ms",
            ),
            ("batches of 100, one worker", f"{histories:.0f} histories a second", f"one by one: {rate:.0f}", "500"),
            (
                "batches of 100, two workers",
                f"{two_histories:.0f} histories a second",
                f"one by one: {two_rate:.0f}",
                "",
            ),
            (
                "an append and its forecast, 1,000 runs of 500 points stored",
                f"p50 {append[0]:.1f} ms, p99 {append[1]:.1f} ms",
                f"a forecast alone: p50 {p50:.1f} ms",
                "p99 50 ms",
            ),
            (
                "1,000 live runs that append every 5 s, two workers",
                _appends(live),
                "offered: 200 a second",
                "200, p99 500 ms",
            ),
        ],
    )


def _appends(found: Appends) -> str:
    refused = f", {found.refused} refused" if found.refused else ""
    return f"{found.answered:.0f} a second, p50 {found.p50:.0f} ms, p99 {found.p99:.0f} ms{refused}"


def _stages(stages: dict[str, Cost]) -> str:
    total = Cost(*(sum(column) for column in zip(*stages.values(), strict=True)))
    rows = [
        (name, f"{cost.processor:.2f} ms", f"{cost.processor / total.processor:.0%}", f"{cost.clock:.2f} ms")
        for name, cost in [*stages.items(), ("together", total)]
    ]
    return _table("part | processor time | share | by the clock", rows)


def _retraining(folder: Path, sizes: list[int]) -> str:
    found = {size: retraining_stages(folder, size) for size in sizes}
    names = list(next(iter(found.values())))
    rows = [(name, *(f"{found[size].get(name, 0.0):.0f} s" for size in sizes)) for name in names]
    return _table(" | ".join(["stage", *(f"{size:,} runs" for size in sizes)]), rows)


def performance(folder: Path, sizes: list[int]) -> str:
    """Return the page."""
    machine = (
        f"{os.cpu_count()} cores, a load of {os.getloadavg()[2]:.0f} when it began, Python {platform.python_version()}"
    )
    opening = f"""# Performance

Written by `make performance` on {time.strftime("%Y-%m-%d")}: {machine}, forecaster {ForecasterStore().active_version()}; the load is generated on the same cores.
Sixteen different histories of 200 points and 20 signals in full precision are asked about by turns, with learning rate and weight decay. `make bench` fails where a figure is beyond
what is wanted; [scaling.md](scaling.md) says what follows for more runs and more machines.
"""
    return "\n".join(
        [
            opening,
            _requests(),
            "\n## Where the time of a forecast goes\n\nIn one thread, without HTTP; the rest of a forecast by HTTP is the server, admission and the log.\n",
            _stages(forecast_stages()),
            "\n## Where the time of an append goes\n\nOn SQLite, to a run of 500 points.\n",
            _stages(append_stages(folder, 1)),
            "\nWhat comes while others are under way is stored and forecast together; of sixteen at once, each:\n",
            _stages(append_stages(folder, 16)),
            *(
                [
                    "\n## Where the time of a retraining goes\n\nOn runs drawn from the corpus.\n",
                    _retraining(folder, sizes),
                ]
                if sizes
                else []
            ),
            "",
        ]
    )


def _services() -> str:
    """Measure live runs on both databases, with one service process and with two on two ports."""
    rows = []
    for runs in (100, 1_000):
        with _serving(1) as server:
            rows.append(_row("SQLite, one service process", live_runs([server], runs, 20)))
    postgres = PostgresServer()
    try:
        for number, name in ((1, "one"), (2, "two")):
            url = postgres.create(name)
            with _serving(1, url) as first, _serving(1, url) as second:
                found = live_runs([first, second][:number], 1_000, 20)
            rows.append(_row(f"PostgreSQL, {name} service process{'es' if number > 1 else ''}", found))
    finally:
        postgres.stop()
    return _table("live runs | database and processes | appends offered | answered | processor time of each", rows)


def _row(name: str, found: Appends) -> tuple[str, ...]:
    return f"{found.runs:,}", name, f"{found.offered:.0f} a second", _appends(found), f"{found.processor:.1f} ms"


def _put(page: Path, text: str) -> None:
    before, rest = page.read_text().split(_BEGIN)
    _, after = rest.split(_END)
    page.write_text(f"{before}{_BEGIN}\n\n{text}\n\n{_END}{after}")


def main(sizes: list[int]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        (ROOT / "docs/performance.md").write_text(performance(Path(folder), sizes))
        measured = f"{time.strftime('%Y-%m-%d')}, {os.cpu_count()} cores, a load of {os.getloadavg()[1]:.0f}.\n\n"
        _put(ROOT / "docs/scaling.md", measured + _services() + "\n\n" + sweep_costs(Path(folder)))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--retrain", type=int, nargs="*", default=[1_000, 2_000], help="runs of the retrainings; none: without"
    )
    main(parser.parse_args().retrain)
