"""What drivers say of a run, for readers who do not know the features."""

import numpy as np
import pytest

import grokcast.answer
from features.columns import Column
from features.extract import COLUMNS, FEATURES, extract
from predictor.answering.drivers import drivers_of
from training_runs import Context
from training_runs.probability import percent
from training_runs.synthetic import synthetic_trajectory


@pytest.mark.parametrize(
    ("feature", "value", "words"),
    [
        ("val_loss_peak_age", -0.0, "validation loss was highest at the last checkpoint"),
        ("val_loss_peak_age", 1.0, "validation loss was highest after 10 % of the steps so far"),
        ("train_loss_above_trough", 1.05e-15, "training loss is at its lowest value so far"),
        ("train_loss_below_peak", 2.0, "training loss is 100 times lower than its highest value"),
        ("weight_norm_since_start", np.log10(1.25), "weight norm is 25 % higher than at the first checkpoint"),
        ("weight_norm_since_start", np.log10(0.8), "weight norm is 20 % lower than at the first checkpoint"),
        ("val_acc_since_start", -0.25, "validation accuracy is 0.25 lower than at the first checkpoint"),
        ("val_loss_level", 0.5, "validation loss is 3.16"),
        (
            "margin_q50_level",
            np.arcsinh(-3.0),
            "median margin (logit of the correct class minus the best other) is -3",
        ),
        (
            "margin_q50_slope_long",
            -0.5,
            "median margin (logit of the correct class minus the best other) has fallen over the last 90 % of the steps so far",
        ),
        ("val_loss_slope", -1.0, "validation loss has fallen by a factor of 2 over the last half of the steps so far"),
        ("val_acc_slope", 1.0, "validation accuracy has risen by 0.301 over the last half of the steps so far"),
        (
            "weight_norm_slope_long",
            np.log10(0.75),
            "weight norm has fallen by 25 % over the last 90 % of the steps so far",
        ),
        ("val_acc_slope_long", 1e-9, "validation accuracy has hardly changed over the last 90 % of the steps so far"),
        (
            "weight_norm_output_bend",
            0.3,
            "weight norm of the output layer now rises faster, or falls more slowly, than before",
        ),
        ("val_loss_bend", 0.0, "validation loss goes on at the same pace as before"),
        ("val_loss_roughness", np.log10(1.5), "validation loss goes up and down by 50 % around its trend"),
        ("val_loss_roughness", 1.0, "validation loss goes up and down by a factor of 10 around its trend"),
        ("val_acc_passage", 0.0, "validation accuracy has already reached 0.95"),
        (
            "val_acc_passage",
            1.0,
            "validation accuracy would reach 0.95 at 10 times the steps so far, at its recent pace",
        ),
        ("val_acc_passage", 4.0, "validation accuracy is not on its way to 0.95 at its recent pace"),
        ("memorization_age", 0.5, "the training set was memorised after 31.6 % of the steps so far"),
        ("half_fit_step", 3.0, "training accuracy passed one half at step 1,000"),
        ("accuracy_gap", 0.5, "training accuracy is 0.5 higher than validation accuracy"),
        ("loss_gap", 2.0, "validation loss is 100 times the training loss"),
        ("free_decay_share", 1.2, "the weight norm falls at 120 % of the rate that weight decay alone would give"),
        ("weight_decay", 0.0, "weight decay is 1"),
        ("weight_decay", -4.0, "weight decay is 0.0001 or less"),
        ("train_size", 4.0, "there are 10,000 training samples"),
        ("train_fraction", 0.3, "the training set is 30 % of all samples"),
        ("batch_share", -1.0, "a batch is 10 % of the training set"),
        ("symmetric", 0.0, "the order of the operation's arguments matters"),
    ],
)
def test_values_are_worded(feature, value, words):
    assert FEATURES[feature].in_words(value) == words


# Of how features are computed, of survival analysis, and of this package.
JARGON = (
    "arsinh",
    "bend",
    "censor",
    "codiagonal",
    "cumulative",
    "decade",
    "exponent",
    "gini",
    "hazard",
    "horizon",
    "kaplan",
    "landmark",
    "log-odds",
    "log10",
    "onset",
    "oscillat",
    "passage",
    "peak",
    "quantile",
    "sarle",
    "slope",
    "spearman",
    "tenfold",
    "trough",
)
NOT_WORDS = ("_", "e-15", " -0 ", "nan", ": ", " std", " frac", " acc ", "e+0")


@pytest.mark.parametrize("value", [-30.0, -3.0, -0.3, -1e-15, -0.0, 0.0, 1e-15, 0.3, 1.0, 3.0])
def test_every_feature_has_a_sentence_without_jargon_for_any_value(value):
    for feature in FEATURES.values():
        words = feature.in_words(value)
        assert not [jargon for jargon in (*JARGON, *NOT_WORDS) if jargon in words.lower()], words
        assert not words.endswith("-0")
        assert len(words.split()) >= 4 or " is " in words, words


def test_sentences_tell_features_apart():
    said: dict[str, str] = {}
    for name, feature in FEATURES.items():
        words = feature.in_words(0.3)
        assert words not in said, (name, said.get(words))
        said[words] = name


def test_drivers_say_which_way_they_point():
    columns = (Column("weight_decay"), Column("val_acc_level"), Column("dropout"))
    drivers = drivers_of(columns, np.array([0.5, -0.7, 0.9]), np.array([0.0, 0.2, np.nan]))
    assert [d.text for d in drivers] == [
        "validation accuracy is 0.2, which points to generalising later or never",
        "weight decay is 1, which points to generalising earlier",
    ]


def test_what_is_measured_of_a_run_can_be_worded():
    history = synthetic_trajectory(110, 3000, noise=0.1).prefix(700)
    row = extract(history, Context(weight_decay=1.0, learning_rate=1e-3, train_size=3000))
    for column, value in zip(COLUMNS, row, strict=True):
        if np.isfinite(value):
            assert FEATURES[column.name].in_words(float(value))


@pytest.mark.parametrize("probability", [0.0, 0.004, 0.01, 0.5, 0.873, 0.99, 0.9999, 1.0])
def test_a_line_of_a_forecast_writes_percent_as_all_else_does(probability):
    assert grokcast.answer._percent(probability) == percent(probability)
