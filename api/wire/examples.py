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
    "forecaster": "2026.11.28",
    "observed_until_step": 60,
    "phase": "memorized",
    "memorization_step": 25,
    "target_accuracy": 0.95,
    "horizon_step": 20000,
    "horizon_assumed": False,
    "supported_until_step": 60000,
    "probability_onset_by_horizon": 0.3648,
    "onset_step": {"p05": 1604, "p50": None, "p95": None, "status": "beyond_support"},
    "onset_step_if_onset": {"p05": 837, "p50": 5397, "p95": 17470, "status": "available"},
    "delay_steps": {"p05": 1579, "p50": None, "p95": None, "status": "beyond_support"},
    "delay_steps_if_onset": {"p05": 812, "p50": 5372, "p95": 17445, "status": "available"},
    "delay_epochs": None,
    "delay_epochs_if_onset": None,
    "outcome": "memorization",
    "outcome_probabilities": {"grokking": 0.3395, "comprehension": 0.0253, "memorization": 0.6352, "confusion": 0.0},
    "curve": {"step": [50484, 60000], "probability_onset": [0.4681, 0.4864]},
    "drivers": [
        {"feature": "weight_decay", "effect": 0.457, "text": "weight decay is 1, which points to generalising earlier"}
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
        "reason": "36 % to generalise by step 20,000",
        "false_positive_rate": 0.0506,
        "false_stop_rate": 0.0197,
        "check_again_step": 120,
    },
    "warnings": [],
    "gaps": None,
    "clock": None,
    "words": [
        {"about": "now", "title": "now", "text": "step 60: memorised since step 25"},
        {"about": "advice", "title": "advice", "text": "undecided: 36 % to generalise by step 20,000"},
        {"about": "look_again", "title": "look again", "text": "at step 120"},
        {
            "about": "onset",
            "title": "onset",
            "text": "median beyond the supported range (90 %: 1,604 to > 60,000); a run that never generalises counts as later",
        },
        {
            "about": "onset_if_onset",
            "title": "onset, if by step 20,000",
            "text": "median step 5,397 (90 %: 837 to 17,470)",
        },
        {
            "about": "delay_if_onset",
            "title": "delay, if it generalises",
            "text": "onset expected about 5,372 steps after memorisation (90 %: 812 to 17,445)",
        },
        {
            "about": "memorization",
            "title": "by step 20,000",
            "text": "64 % memorisation: memorises, and does not generalise by then",
        },
        {
            "about": "grokking",
            "title": "by step 20,000",
            "text": "34 % grokking: generalises more than 1,000 steps after memorising",
        },
        {
            "about": "comprehension",
            "title": "by step 20,000",
            "text": "3 % comprehension: generalises within 1,000 steps of memorising",
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
    "forecaster": "2026.11.28",
    "wanted_probability": 0.8,
    "shared": {"task_family": "modular", "modulus": 97, "train_fraction": 0.4, "learning_rate": 0.001},
    "settings": [
        {
            "setting": {"weight_decay": 0.01},
            "plan": {
                "forecaster": "2026.11.28",
                "budget_step": 50000,
                "target_accuracy": 0.95,
                "supported_until_step": 251189,
                "probability_memorization_by_budget": 0.9478,
                "probability_onset_by_budget": 0.4486,
                "memorization_step": {"p05": 92, "p50": 653, "p95": 64951, "status": "available"},
                "onset_step": {"p05": 1478, "p50": 69989, "p95": None, "status": "beyond_support"},
                "onset_step_if_onset": {"p05": 399, "p50": 12494, "p95": 43352, "status": "available"},
                "expected_steps": 34753,
                "outcome": "memorization",
                "outcome_probabilities": {
                    "grokking": 0.3945,
                    "comprehension": 0.0541,
                    "memorization": 0.4992,
                    "confusion": 0.0522,
                },
                "curve": {"step": [199526, 251189], "probability_onset": [0.623, 0.6488]},
                "in_support": True,
                "reasons": [],
                "warnings": [
                    "not given: architecture, optimizer; averaged over the values that the runs learnt from had"
                ],
            },
            "expected_hours": 0.0965,
            "expected_cost": None,
        },
        {
            "setting": {"weight_decay": 1.0},
            "plan": {
                "forecaster": "2026.11.28",
                "budget_step": 50000,
                "target_accuracy": 0.95,
                "supported_until_step": 251189,
                "probability_memorization_by_budget": 0.9417,
                "probability_onset_by_budget": 0.8896,
                "memorization_step": {"p05": 93, "p50": 690, "p95": 142232, "status": "available"},
                "onset_step": {"p05": 191, "p50": 3199, "p95": 159680, "status": "available"},
                "onset_step_if_onset": {"p05": 154, "p50": 2841, "p95": 15533, "status": "available"},
                "expected_steps": 9733,
                "outcome": "grokking",
                "outcome_probabilities": {
                    "grokking": 0.6367,
                    "comprehension": 0.2529,
                    "memorization": 0.0521,
                    "confusion": 0.0583,
                },
                "curve": {"step": [199526, 251189], "probability_onset": [0.9572, 0.9635]},
                "in_support": True,
                "reasons": [],
                "warnings": [
                    "not given: architecture, optimizer; averaged over the values that the runs learnt from had"
                ],
            },
            "expected_hours": 0.027,
            "expected_cost": None,
        },
    ],
    "cheapest": 1,
    "recommendation": "the cheapest that reaches 80 %: weight_decay 1, 89 % to generalise by step 50,000, 9,733 steps expected, 0.027 hours",
    "warnings": [],
}
