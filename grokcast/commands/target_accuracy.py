"""The option `--target-accuracy`."""

from typing import Annotated

import typer

TargetAccuracy = Annotated[
    float | None,
    typer.Option(
        metavar="ACCURACY",
        help="validation accuracy that counts as generalised [default: 0.95; for small sets of images 0.85, for reviews 0.75]",
    ),
]
