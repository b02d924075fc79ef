"""What drivers say of a run, for readers who do not know the features."""

import numpy as np
import pytest

from features.columns import Column
from features.extract import COLUMNS, FEATURES, extract
from predictor.answering.drivers import drivers_of
from training_runs import Context
from training_runs.synthetic import synthetic_trajectory


@pytest.mark.parametrize(
    ("feature", "value", "words"),
    [
        ("val_loss_peak_age", -0.0, "validation loss was at its highest at the last checkpoint"),
        ("val_loss_peak_age", 1.0, "validation loss was at its highest at 10 % of the steps so far"),
        ("train_loss_above_trough", 1.05e-15, "training loss is at its lowest value so far"),
        ("train_loss_below_peak", 2.0, "training loss is 100 times lower than its highest value"),
        ("weight_norm_since_start", np.log10(1.25), "weight norm is 25 % higher than at the first checkpoint"),
        ("weight_norm_since_start", np.log10(0.8), "weight norm is 20 % lower than at the first checkpoint"),
        ("val_acc_since_start", -0.25, "validation accuracy is 0.25 lower than at the first checkpoint"),
        ("val_loss_level", 0.5, "validation loss is 3.16"),
        ("margin_q50_level", np.arcsinh(-3.0), "median margin is -3"),
        ("val_loss_slope", -1.0, "validation loss has lately fallen by a factor of 10 per tenfold of steps"),
        ("val_acc_slope_long", 1e-9, "validation accuracy has hardly changed over the last tenfold of steps"),
        (
            "weight_norm_output_bend",
            0.3,
            "weight norm of the output layer bends upwards, compared with its slope before",
        ),
        ("val_loss_roughness", np.log10(1.5), "validation loss oscillates around its trend by 50 %"),
        ("val_acc_passage", 0.0, "validation accuracy is already at 0.95"),
        ("val_acc_passage", 4.0, "validation accuracy does not approach 0.95 at its recent slope"),
        ("memorization_age", 0.5, "the training set was memorised at 32 % of the steps so far"),
        ("free_decay_share", 0.5, "the weight norm falls at 50 % of the rate that weight decay alone would give"),
        ("weight_decay", 0.0, "weight decay is 1"),
        ("train_size", 4.0, "the number of training samples is 10,000"),
        ("symmetric", 0.0, "the order of the operation's arguments matters"),
    ],
)
def test_values_are_worded(feature, value, words):
    assert FEATURES[feature].in_words(value) == words


@pytest.mark.parametrize("value", [-30.0, -3.0, -1e-15, -0.0, 0.0, 1e-15, 0.3, 3.0, 30.0])
def test_every_feature_has_words_without_jargon_for_any_value(value):
    for feature in FEATURES.values():
        words = feature.in_words(value)
        assert not any(jargon in words for jargon in ("decade", "log10", "_", "e-15", " -0 ", "nan", ": ")), words
        assert not words.endswith("-0")


def test_drivers_say_which_way_they_point():
    columns = (Column("weight_decay"), Column("val_acc_level"), Column("dropout"))
    drivers = drivers_of(columns, np.array([0.5, -0.7, 0.9]), np.array([0.0, 0.2, np.nan]))
    assert [d.text for d in drivers] == [
        "validation accuracy is 0.2, which points to a later onset or none",
        "weight decay is 1, which points to an earlier onset",
    ]


def test_what_is_measured_of_a_run_can_be_worded():
    history = synthetic_trajectory(110, 3000, noise=0.1).prefix(700)
    row = extract(history, Context(weight_decay=1.0, learning_rate=1e-3, train_size=3000))
    for column, value in zip(COLUMNS, row, strict=True):
        if np.isfinite(value):
            assert FEATURES[column.name].in_words(float(value))
