"""The command line. Every heavy import sits inside its command, so that `--help` is quick.

Exit codes: 0 done, 1 the work failed, 2 bad usage or bad input, reported in one line on stderr.
"""

import sys
from typing import Annotated

import typer

from grokcast import own_packages
from grokcast.commands.agents import mcp
from grokcast.commands.context import context
from grokcast.commands.corpus import corpus, generate
from grokcast.commands.forecast import forecast
from grokcast.commands.forecasters import benchmark, forecasters, retrain
from grokcast.commands.keys import keys
from grokcast.commands.leaderboard import leaderboard
from grokcast.commands.plan import plan
from grokcast.commands.reproduce import reproduce
from grokcast.commands.runs import runs
from grokcast.commands.service import serve
from grokcast.display.notices import say

app = typer.Typer(
    name="grokcast",
    help="Early warning for grokking: whether and when a run will generalise, from its first part.\n\n"
    "Example: grokcast forecast HISTORY --context CONTEXT.json --horizon STEP",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)
for command in (forecast, plan, serve, mcp, benchmark, retrain, generate, corpus, reproduce, context):
    app.command()(command)
app.add_typer(forecasters, name="forecasters")
app.add_typer(keys, name="keys")
app.add_typer(leaderboard, name="leaderboard")
app.add_typer(runs, name="runs")


def main() -> None:
    """Run the command line; bad input and failures become one line and an exit code."""
    own_packages.put_first()
    from predictor.errors import DamagedForecaster, ForecasterNotFound
    from training_runs.errors import InvalidInput

    try:
        code = app(standalone_mode=False)
        if code == 130:
            _fail("interrupted; a sweep goes on with --resume", 130)
        sys.exit(code)
    except typer.TyperException as error:
        if type(error).__name__ == "NoArgsIsHelpError":
            print(error.format_message())
            sys.exit(2)
        _fail(_of_usage(error), 2)
    except (InvalidInput, ForecasterNotFound) as error:
        _fail(str(error), 2)
    except DamagedForecaster as error:
        _fail(str(error), 1)
    except OSError as error:
        _fail(_of_system(error), 1)
    except ValueError as error:
        _fail(_of_settings(error), 2)
    except (KeyboardInterrupt, typer.Abort):
        _fail("interrupted; a sweep goes on with --resume", 130)


def _of_usage(error: typer.TyperException) -> str:
    """Return what is wrong with a call and where its help is, unless it is a value that the command itself refused."""
    message = error.format_message()
    own = message.removeprefix("Invalid value: ")
    context = getattr(error, "ctx", None)
    if own != message or context is None:
        return own
    return f"{message.rstrip('.')} (see `{context.command_path} --help`)"


def _of_system(error: OSError) -> str:
    """Return what the system refused, and of which file."""
    if error.filename is None or error.strerror is None:
        return str(error)
    return f"{error.filename}: {error.strerror}"


def _of_settings(error: ValueError) -> str:
    """Return in words which environment variable of the service has an impossible value; raise what is none of that."""
    from pydantic import ValidationError

    if not isinstance(error, ValidationError) or error.title != "Settings":
        raise error
    first = error.errors()[0]
    name = "_".join(["GROKCAST", *(str(part).upper() for part in first["loc"])])
    return f"{name} is {first['input']!r}; {first['msg'].removeprefix('Value error, ')}"


def _fail(message: str, code: int) -> None:
    say(f"grokcast: {' '.join(message.split())[:1000]}")
    sys.exit(code)


@app.callback(invoke_without_command=True)
def _version(
    version: Annotated[bool, typer.Option("--version", help="print the version and exit")] = False,
) -> None:
    if version:
        from grokcast import __version__

        print(__version__)
        raise typer.Exit
