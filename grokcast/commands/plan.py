"""`grokcast plan`."""

import re
from typing import Annotated

import typer

from grokcast.commands.assignments import assignments
from grokcast.commands.json_output import AsCsv, AsJson, print_json, require_one_form
from grokcast.commands.steps import step_of
from grokcast.commands.target_accuracy import TargetAccuracy


def plan(
    set_: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            metavar="FIELD=V1,V2,...",
            help="values of a field to compare; repeatable, for every combination (`grokcast context` lists fields)",
        ),
    ] = None,
    context: Annotated[
        list[str] | None,
        typer.Option(
            metavar="CONTEXT",
            help="what all settings share: NAME=VALUE,..., words, a JSON object, or a JSON, YAML or TOML file; repeatable. "
            "A file run -> configuration, or a CSV with a column `run`, is a setting for each",
        ),
    ] = None,
    budget: Annotated[
        str | None,
        typer.Option(metavar="STEP", help="step at which training would end [default: the context's budget_step]"),
    ] = None,
    target_accuracy: TargetAccuracy = None,
    wanted: Annotated[
        float,
        typer.Option(
            metavar="PROBABILITY", help="probability of onset by the budget that the cheapest setting is to reach"
        ),
    ] = 0.9,
    seconds_per_step: Annotated[
        float | None, typer.Option(metavar="SECONDS", help="how long a step takes: costs are in hours too")
    ] = None,
    cost_per_hour: Annotated[
        float | None,
        typer.Option(metavar="COST", help="what an hour of training costs, in any currency: costs are in money too"),
    ] = None,
    csv: AsCsv = False,
    json_: AsJson = False,
) -> None:
    """Compare settings before training.

    Whether and when each would generalise, and which is the cheapest that does.

    Example: grokcast plan --set modulus=97 --set weight_decay=0.01,0.1,1 --budget 50000
    """
    require_one_form(as_csv=csv, as_json=json_)
    from grokcast.forecaster import to_json
    from grokcast.plans import Plans, question_of
    from grokcast.stated_context import stated_context
    from predictor.store import ForecasterStore

    grid: dict[str, list[str]] = {}
    for assignment in set_ or []:
        ((name, text),) = assignments([assignment], expected="FIELD=VALUE,VALUE,...").items()
        grid.setdefault(name.strip(), []).extend(_values(text))
    question = question_of(
        stated_context(context or []),
        grid,
        budget_step=step_of("--budget", budget),
        target_accuracy=target_accuracy,
        wanted_probability=wanted,
        seconds_per_step=seconds_per_step,
        cost_per_hour=cost_per_hour,
    )
    answer = ForecasterStore().load().compare(question)
    if csv:
        from grokcast.display.csv_output import print_csv

        print_csv(Plans(to_json(answer)).table().convert_dtypes())
    elif json_:
        print_json(to_json(answer))
    else:
        from grokcast.display.plans import show_plans

        show_plans(answer)


def _values(text: str) -> list[str]:
    """Part `0.1,1` at commas, but not inside brackets: `(0.9,0.98),(0.9,0.999)` are two values."""
    return [part.strip() for part in re.split(r",(?![^(\[]*[)\]])", text) if part.strip()]
