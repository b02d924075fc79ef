"""The requests, answers and the problem that the documentation shows."""

from typing import Any

REQUEST: dict[str, Any] = {
    "history": {
        "step": [0, 10, 25, 40, 60],
        "train_loss": [3.9, 2.1, 0.4, 0.1, 0.05],
        "train_acc": [0.02, 0.6, 0.99, 1.0, 1.0],
        "val_loss": [3.9, 4.8, 6.0, 7.1, 7.9],
        "val_acc": [0.02, 0.02, 0.03, 0.02, 0.03],
    },
    "context": {
        "task_family": "modular",
        "chance_accuracy": 0.019,
        "learning_rate": 0.001,
        "weight_decay": 1.0,
    },
    "horizon_step": 20000,
    "target_accuracy": 0.95,
}

# To that request; curve and drivers are cut short.
ANSWER: dict[str, Any] = {
    "forecaster": "2026.11.14",
    "observed_until_step": 60,
    "phase": "memorized",
    "memorization_step": 25,
    "target_accuracy": 0.95,
    "horizon_step": 20000,
    "horizon_assumed": False,
    "supported_until_step": 23886,
    "probability_onset_by_horizon": 0.2997,
    "onset_step": {"p05": 1977, "p50": None, "p95": None, "status": "beyond_support"},
    "onset_step_if_onset": {"p05": 958, "p50": 5564, "p95": 17672, "status": "available"},
    "delay_steps": {"p05": 1952, "p50": None, "p95": None, "status": "beyond_support"},
    "delay_steps_if_onset": {"p05": 933, "p50": 5539, "p95": 17647, "status": "available"},
    "delay_epochs": None,
    "delay_epochs_if_onset": None,
    "outcome": "memorization",
    "outcome_probabilities": {
        "grokking": 0.2822,
        "comprehension": 0.0175,
        "memorization": 0.7003,
        "confusion": 0.0,
    },
    "curve": {"step": [20566, 23886], "probability_onset": [0.3031, 0.3212]},
    "drivers": [
        {
            "feature": "weight_decay",
            "effect": 0.5141,
            "text": "weight decay is 1, which points to generalising earlier",
        }
    ],
    "support": {
        "score": 1.0,
        "in_support": True,
        "reasons": [],
        "signals_used": ["train_loss", "train_acc", "val_loss", "val_acc"],
        "signals_missing": ["weight_norm"],
    },
    "advice": {
        "action": "undecided",
        "reason": "30 % to generalise by step 20,000",
        "false_positive_rate": 0.0508,
        "false_stop_rate": 0.0224,
        "check_again_step": 120,
    },
    "warnings": [],
    "gaps": None,
    "clock": None,
    "words": [
        {"about": "now", "title": "now", "text": "step 60: memorised since step 25"},
        {"about": "advice", "title": "advice", "text": "undecided: 30 % to generalise by step 20,000"},
        {"about": "look_again", "title": "look again", "text": "at step 120"},
        {
            "about": "onset",
            "title": "onset",
            "text": "median beyond the supported range (90 %: 1,977 to > 23,886); a run that never generalises counts as later",
        },
        {
            "about": "onset_if_onset",
            "title": "onset, if by step 20,000",
            "text": "median step 5,564 (90 %: 958 to 17,672)",
        },
        {
            "about": "delay_if_onset",
            "title": "delay, if it generalises",
            "text": "onset expected about 5,539 steps after memorisation (90 %: 933 to 17,647)",
        },
        {
            "about": "memorization",
            "title": "by step 20,000",
            "text": "70 % memorisation: memorises, and does not generalise by then",
        },
        {
            "about": "grokking",
            "title": "by step 20,000",
            "text": "28 % grokking: generalises more than 1,000 steps after memorising",
        },
        {
            "about": "comprehension",
            "title": "by step 20,000",
            "text": "2 % comprehension: generalises within 1,000 steps of memorising",
        },
        {
            "about": "confusion",
            "title": "by step 20,000",
            "text": "< 1 % confusion: does not memorise by then, nor generalise",
        },
    ],
}

_FAULT: dict[str, Any] = {
    "field": "history.val_acc[4]",
    "value": 97.5,
    "expected": "a number in [0, 1]",
    "hint": "the accuracies look like percent: divide them by 100",
}

PROBLEM: dict[str, Any] = {
    "type": "urn:grokcast:problem:invalid-input",
    "title": "Invalid input",
    "status": 422,
    "detail": "history.val_acc[4] is 97.5; expected a number in [0, 1]"
    " (the accuracies look like percent: divide them by 100)",
    **_FAULT,
    "errors": [_FAULT],
}

RUN: dict[str, Any] = {
    "context": {
        "task_family": "modular",
        "chance_accuracy": 0.019,
        "learning_rate": 0.001,
        "weight_decay": 1.0,
    },
    "horizon_step": 20000,
}

APPEND: dict[str, Any] = {"history": REQUEST["history"]}

OUTCOME: dict[str, Any] = {"status": "finished"}

RETRAIN: dict[str, Any] = {"promote": True}

ACTIVATE: dict[str, Any] = {"version": ANSWER["forecaster"]}

PLAN_REQUEST: dict[str, Any] = {
    "context": {"task_family": "modular", "modulus": 97, "learning_rate": 0.001, "train_fraction": 0.4},
    "grid": {"weight_decay": [0.01, 1.0]},
    "budget_step": 50000,
    "wanted_probability": 0.8,
    "seconds_per_step": 0.01,
}

# To that request; curves are cut short.
PLAN_ANSWER: dict[str, Any] = {
    "forecaster": "2026.11.14",
    "wanted_probability": 0.8,
    "shared": {"task_family": "modular", "modulus": 97, "train_fraction": 0.4, "learning_rate": 0.001},
    "settings": [
        {
            "setting": {"weight_decay": 0.01},
            "plan": {
                "forecaster": "2026.11.14",
                "budget_step": 50000,
                "target_accuracy": 0.95,
                "supported_until_step": 251189,
                "probability_memorization_by_budget": 0.9561,
                "probability_onset_by_budget": 0.4684,
                "memorization_step": {"p05": 126, "p50": 581, "p95": 30961, "status": "available"},
                "onset_step": {"p05": 1645, "p50": 58135, "p95": None, "status": "beyond_support"},
                "onset_step_if_onset": {"p05": 453, "p50": 11234, "p95": 43494, "status": "available"},
                "expected_steps": 33791,
                "outcome": "memorization",
                "outcome_probabilities": {
                    "grokking": 0.4176,
                    "comprehension": 0.0508,
                    "memorization": 0.4877,
                    "confusion": 0.0439,
                },
                "curve": {"step": [199526, 251189], "probability_onset": [0.6774, 0.6972]},
                "in_support": True,
                "reasons": [],
                "warnings": [
                    "not given: architecture, optimizer; averaged over the values that the runs learnt from had"
                ],
            },
            "expected_hours": 0.0939,
            "expected_cost": None,
        },
        {
            "setting": {"weight_decay": 1.0},
            "plan": {
                "forecaster": "2026.11.14",
                "budget_step": 50000,
                "target_accuracy": 0.95,
                "supported_until_step": 251189,
                "probability_memorization_by_budget": 0.9555,
                "probability_onset_by_budget": 0.8568,
                "memorization_step": {"p05": 127, "p50": 585, "p95": 31906, "status": "available"},
                "onset_step": {"p05": 441, "p50": 4103, "p95": None, "status": "beyond_support"},
                "onset_step_if_onset": {"p05": 344, "p50": 3409, "p95": 19448, "status": "available"},
                "expected_steps": 12020,
                "outcome": "grokking",
                "outcome_probabilities": {
                    "grokking": 0.6742,
                    "comprehension": 0.1826,
                    "memorization": 0.0987,
                    "confusion": 0.0445,
                },
                "curve": {"step": [199526, 251189], "probability_onset": [0.9134, 0.9245]},
                "in_support": True,
                "reasons": [],
                "warnings": [
                    "not given: architecture, optimizer; averaged over the values that the runs learnt from had"
                ],
            },
            "expected_hours": 0.0334,
            "expected_cost": None,
        },
    ],
    "cheapest": 1,
    "recommendation": "the cheapest that reaches 80 %: weight_decay 1, 86 % to generalise by step 50,000, 12,020 steps expected, 0.0334 hours",
    "warnings": [],
}
