"""The run of docs/tutorial.md: `python examples/tutorial_run.py [--out FOLDER]` trains it and writes docs/tutorial/ (a minute).

A small network learns addition modulo 47 from 45 % of the pairs; the corpus has no network of its width. `flat.csv` is what had been recorded when it had been flat
for a while, `whole.csv` what came of it, `forecast.png` the forecast from the first beside the second.
"""

import argparse
from pathlib import Path

import pandas as pd

from grokcast.display.picture import write_picture
from predictor.question import Question
from predictor.store import ForecasterStore
from training_runs import Context, Trajectory
from training_runs.config import RunConfig
from training_runs.generator.train import train
from training_runs.onset import generalization, memorization, rise_step

FOLDER = Path(__file__).parent.parent / "docs" / "tutorial"
CONFIG = RunConfig(
    modulus=47,
    embedding_dim=32,
    width=96,
    train_fraction=0.45,
    learning_rate=1e-3,
    weight_decay=1.0,
    seed=20261124,
    budget_step=20_000,
)
LANDMARK = 500  # flat for a while, and nothing to be seen
SIGNALS = ("train_loss", "train_acc", "val_loss", "val_acc", "weight_norm")
CONTEXT = {
    "operation": "add",
    "chance_accuracy": 1 / CONFIG.modulus,
    "learning_rate": 1e-3,
    "weight_decay": 1.0,
    "optimizer": "adamw",
    "train_size": CONFIG.train_size,
}


def main() -> None:
    """Train, forecast at the landmark, write."""
    parser = argparse.ArgumentParser(description="Train the run of docs/tutorial.md, and write its files (a minute).")
    parser.add_argument("--out", type=Path, default=FOLDER, help="folder to write [%(default)s]")
    folder: Path = parser.parse_args().out
    (run,) = train([CONFIG])
    whole = run.trajectory.only(SIGNALS)
    flat = whole.prefix(LANDMARK)
    folder.mkdir(parents=True, exist_ok=True)
    for name, history in (("flat", flat), ("whole", whole)):
        _table(history).to_csv(folder / f"{name}.csv", index=False, float_format="%.5g")
    question = Question(flat, Context(**CONTEXT), horizon_step=CONFIG.budget_step)
    forecast = ForecasterStore().load().forecast(question)
    write_picture(folder / "forecast.png", flat, forecast, whole)
    print(
        f"memorised {memorization(whole).step}, rise {rise_step(whole, 1 / CONFIG.modulus, 0.95)}, onset {generalization(whole, 0.95).step}"
    )
    print(
        f"forecast at {LANDMARK}: {forecast.onset_step}, P {forecast.probability_onset_by_horizon:.2f}, {forecast.advice}"
    )


def _table(history: Trajectory) -> pd.DataFrame:
    return pd.DataFrame({"step": history.steps, **{n: history.signals[n] for n in SIGNALS}})


if __name__ == "__main__":
    main()
