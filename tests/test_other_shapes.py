"""Tables and JSON as people send them: units in names, runs in columns, parameters above, and what is no step."""

import json
import re

import numpy as np
import pytest

from tests.reading import Read, read as read, values
from training_runs import InvalidInput

STEPS = [10, 100, 1000]
TRAIN, VAL = [0.5, 1.0, 1.0], [0.1, 0.1, 0.2]
EXPECTED = {"step": STEPS, "train_acc": TRAIN, "val_acc": VAL}


def table(header: str, *columns: list[object], rows: str = "") -> str:
    return "\n".join([header, *(",".join(map(str, row)) for row in zip(*columns, strict=True))]) + "\n" + rows


@pytest.mark.parametrize(
    ("name", "factor"),
    [
        ("step (k)", 1000),
        ("ksteps", 1000),
        ("Iterations [x1000]", 1000),
        ("step/1000", 1000),
        ("steps (millions)", 1e6),
    ],
)
def test_steps_are_counted_in_the_unit_that_their_name_says(read: Read, name: str, factor: float) -> None:
    recording = read("h.csv", table(f"{name},train_acc,val_acc", [s / factor for s in STEPS], TRAIN, VAL))
    assert values(recording) == EXPECTED
    assert any(f"{name} times {factor:g} is read as" in note for note in recording.notes)


@pytest.mark.parametrize(
    ("name", "seconds"),
    [("time (min)", 60), ("elapsed [h]", 3600), ("wall time (ms)", 0.001), ("runtime_hours", 3600), ("Time (s)", 1)],
)
def test_times_are_in_the_unit_that_their_name_says(read: Read, name: str, seconds: float) -> None:
    text = table(f"{name},step,train_acc,val_acc", [s / seconds for s in STEPS], STEPS, TRAIN, VAL)
    (history,) = read("h.csv", text).histories.values()
    assert history.times == pytest.approx(STEPS)


def test_losses_in_bits_are_read_in_nats_and_what_the_caller_names_stays(read: Read) -> None:
    text = table("step,train loss (bits),val_loss (nats)", STEPS, [1, 1, 1], [2, 2, 2])
    assert values(read("h.csv", text)) == {
        "step": STEPS,
        "train_loss": pytest.approx([np.log(2)] * 3),
        "val_loss": [2] * 3,
    }
    assert values(read("h.csv", text, names={"train loss (bits)": "train_loss"}))["train_loss"] == [1, 1, 1]


@pytest.mark.parametrize(
    ("header", "runs"),
    [
        ("step,adamw_train_acc,adamw_val_acc,sgd_train_acc,sgd_val_acc", ["adamw", "sgd"]),
        ("step,run1/train_acc,run1/val_acc,run2/train_acc,run2/val_acc", ["run1", "run2"]),
        ("step,train_acc_seed0,val_acc_seed0,train_acc_seed1,val_acc_seed1", ["seed0", "seed1"]),
    ],
)
def test_runs_side_by_side_are_runs(read: Read, header: str, runs: list[str]) -> None:
    recording = read("h.csv", table(header, STEPS, TRAIN, VAL, VAL, TRAIN))
    assert list(recording.runs) == runs
    assert values(recording, runs[0]) == EXPECTED
    assert values(recording, runs[1]) == {"step": STEPS, "train_acc": VAL, "val_acc": TRAIN}


@pytest.mark.parametrize(
    "header", ["step,train_acc_std,val_acc_std,train_acc_ema,val_acc_ema", "step,a_train_acc,a_val_acc,b_train_acc,x"]
)
def test_other_quantities_of_one_run_are_no_runs(read: Read, header: str) -> None:
    with pytest.raises(InvalidInput, match="expected values of a known signal"):
        read("h.csv", table(header, STEPS, TRAIN, VAL, VAL, TRAIN))


def test_a_column_a_step_and_a_row_a_metric(read: Read) -> None:
    rows = [["step", *STEPS], ["train_acc", *TRAIN], ["val_acc", *VAL]]
    assert values(read("h.csv", "\n".join(",".join(map(str, row)) for row in rows))) == EXPECTED


@pytest.mark.parametrize(
    "lines", ["# lr=0.001, wd: 1.0\n# modulus = 97\n", "lr,0.001\nweight_decay,1.0\nmodulus,97\n\n"]
)
def test_parameters_above_a_table_are_context(read: Read, lines: str) -> None:
    recording = read("h.csv", lines + table("step,train_acc,val_acc", STEPS, TRAIN, VAL))
    assert values(recording) == EXPECTED
    assert recording.contexts["h"] == {"learning_rate": 0.001, "weight_decay": 1.0, "modulus": 97}


@pytest.mark.parametrize("twice", ["loss", "time (s)", "a_val_acc", "step", "val_step"])
def test_two_columns_of_one_name_are_refused_by_it(read: Read, twice: str) -> None:
    with pytest.raises(InvalidInput, match=re.escape(f"two columns {twice}'; expected columns of different names")):
        read("h.json", json.dumps([["step", twice, twice], [10, "a", 2], [20, "b", 2], [30, "c", 2]]))


SPLITS = {"train": TRAIN, "val": VAL}


@pytest.mark.parametrize(
    "document",
    [
        {"accuracy": {s: dict(zip(map(str, STEPS), v, strict=True)) for s, v in SPLITS.items()}},
        {"log": [{"type": s, "step": k, "acc": a} for s, v in SPLITS.items() for k, a in zip(STEPS, v, strict=True)]},
        {
            "data": [{"name": f"{s} acc", "x": STEPS, "y": v, "type": "scatter"} for s, v in SPLITS.items()],
            "layout": {},
        },
        {"labels": STEPS, "datasets": [{"label": f"{s} acc", "data": v} for s, v in SPLITS.items()]},
        {f"{s}_acc": [{"x": k, "y": a} for k, a in zip(STEPS, v, strict=True)] for s, v in SPLITS.items()},
    ],
    ids=["metric over split over step", "records of either split", "Plotly", "Chart.js", "points of charts"],
)
def test_nested_metrics(read: Read, document: object) -> None:
    assert values(read("h.json", json.dumps(document))) == EXPECTED


@pytest.mark.parametrize(
    ("header", "hint"),
    [
        ("t,train_acc,val_acc", "of another name? --map 't=step'"),
        ("samples_seen,train_acc,val_acc", "does samples_seen count them? divide it by those of a step"),
        ("log10_step,train_acc,val_acc", "is log10_step a logarithm? raise its base to it"),
        ("step,acc,x", "--map 'acc=train_acc'; val_ in place of train_ for what is validation's"),
        ("step,acc,acc", "--map 'acc=train_acc', --map 'acc.1=val_acc'"),
    ],
)
def test_what_would_be_read_wrongly_is_asked(read: Read, header: str, hint: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        read("h.csv", table(header, STEPS, TRAIN, VAL))
    assert hint in str(refused.value)


@pytest.mark.parametrize(
    "header",
    [
        "Schritt,Genauigkeit_train,Genauigkeit_val",
        "Schritte,Trainingsgenauigkeit,Validierungsgenauigkeit",
        "步数,训练准确率,验证准确率",
        "迭代次数,训练集精度,测试集精度",
        "étape,exactitude d'entraînement,exactitude (validation)",
        "paso,exactitud_entrenamiento,exactitud_validación",
        "passo,acurácia de treino,acurácia_validação",
        "ステップ,訓練精度,検証精度",
        "шаг,точность обучения,точность (валидация)",
        "optimizer_steps,in_sample_acc,out_of_sample_acc",
        "it,acc_seen,acc_unseen",
    ],
)
def test_names_in_other_words_and_languages(read: Read, header: str) -> None:
    recording = read("h.csv", table(header, STEPS, TRAIN, VAL))
    assert values(recording) == EXPECTED
    assert all(any(f"{name} is read as" in note for note in recording.notes) for name in header.split(",")[:1])


@pytest.mark.parametrize(
    ("header", "asked"),
    [
        ("étape,précision_entraînement,précision_validation", "--map 'précision_validation=val_acc'"),
        ("step,tr_a,te_a", "--map 'tr_a=train_acc', --map 'te_a=val_acc'"),
        ("步数,训练损失标准差,验证损失标准差", "--map COLUMN=signal"),  # a standard deviation is no loss
    ],
)
def test_words_that_may_mean_two_things_are_asked_for(read: Read, header: str, asked: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        read("h.csv", table(header, STEPS, TRAIN, VAL))
    assert asked in str(refused.value)


@pytest.mark.parametrize(
    ("form", "note"),
    [
        ("{0} (0.01)", "train_acc has cells such as 0.5 (0.01): what stands in brackets is left out"),
        ("{0} ± 0.01", "train_acc: what follows +- is left out"),
        ("{0} [0.1; 0.9]", "what stands in brackets is left out"),
        ("~{0}", ""),
        ("{1:.0f} pct", ""),
        ("{1:.0f} of 100", "train_acc has cells such as 50 of 100, read as 0.5"),
        ("{1:.0f} out of 100 ({1:.0f}%)", "what stands in brackets is left out"),
    ],
)
def test_cells_with_a_spread_or_a_total(read: Read, form: str, note: str) -> None:
    cells = [[form.format(v, 100 * v) for v in column] for column in (TRAIN, VAL)]
    recording = read("h.csv", table("step,train_acc,val_acc", STEPS, *cells))
    assert values(recording) == EXPECTED
    assert any(note in said for said in recording.notes) or not note


@pytest.mark.parametrize(
    ("header", "of_all"),
    [
        ("step,train_correct,train_total,val_correct,val_total", True),
        ("step,correct,total,val_correct,val_total", True),
        ("step,train_misclassified,n_train,test_errors,n_test", False),
    ],
)
def test_answers_counted_beside_their_total(read: Read, header: str, of_all: bool) -> None:
    counted = [[round(50 * (v if of_all else 1 - v)) for v in column] for column in (TRAIN, VAL)]
    recording = read("h.csv", table(header, STEPS, counted[0], [50] * 3, counted[1], [50] * 3))
    assert values(recording) == {name: pytest.approx(column) for name, column in EXPECTED.items()}
    _, correct, total, *_ = header.split(",")
    assert any(f"{correct} / {total} is read as" in note for note in recording.notes)


def test_answers_counted_of_what_was_seen_so_far_are_no_accuracy(read: Read) -> None:
    with pytest.raises(InvalidInput, match="--map 'train_correct=train_acc'"):
        read("h.csv", table("step,train_correct,train_samples", STEPS, [5, 9, 10], [10, 20, 30]))


def test_a_split_a_row_and_counted_answers(read: Read) -> None:
    rows = [
        (s, split, 50 * v, 50)
        for s, *of in zip(STEPS, TRAIN, VAL, strict=True)
        for split, v in zip(SPLITS, of, strict=True)
    ]
    assert values(read("h.csv", table("step,split,correct,total", *zip(*rows, strict=True)))) == EXPECTED


@pytest.mark.parametrize("form", ["2.5 ({:.0f}%)", "2.5 ({:.0f}/100)", "2.5 ({:.0f}/100 correct)"])
def test_a_share_after_a_loss_in_a_cell_is_its_accuracy(read: Read, form: str) -> None:
    cells = [[form.format(100 * v) for v in column] for column in (TRAIN, VAL)]
    recording = read("h.csv", table("step,train_loss,val_loss", STEPS, *cells))
    assert values(recording) == EXPECTED | {"train_loss": [2.5] * 3, "val_loss": [2.5] * 3}


def test_a_percentage_after_a_loss_is_its_accuracy(read: Read) -> None:
    cells = [[f"2.5 ({100 * v:.0f}%)" for v in column] for column in (TRAIN, VAL)]
    expected = EXPECTED | {"train_loss": [2.5] * 3, "val_loss": [2.5] * 3}
    of_table = read("h.csv", table("step,train_loss,val_loss", STEPS, *cells))
    of_log = read(
        "h.log", "".join(f"step {s} train loss {t} | val loss {v}\n" for s, t, v in zip(STEPS, *cells, strict=True))
    )
    for recording in (of_table, of_log):
        assert values(recording) == expected
        assert any("a percentage in brackets after a loss is read as the accuracy" in note for note in recording.notes)


def test_a_sentence_above_a_table_is_context(read: Read) -> None:
    recording = read(
        "h.csv", "# 1L transformer, AdamW lr 1e-3 wd 1.0\n" + table("step,train_acc,val_acc", STEPS, TRAIN, VAL)
    )
    expected = {
        "architecture": "transformer",
        "layers": 1,
        "optimizer": "adamw",
        "learning_rate": 1e-3,
        "weight_decay": 1.0,
    }
    assert recording.contexts["h"] == expected


def test_columns_of_the_rate_and_words_that_say_several_fields_are_context(read: Read) -> None:
    text = table(
        "step,train_acc,val_acc,lr-AdamW,model,data",
        STEPS,
        TRAIN,
        VAL,
        [1e-3] * 3,
        ["2-layer MLP"] * 3,
        ["addition mod 97"] * 3,
    )
    expected = {"learning_rate": 1e-3, "architecture": "mlp", "layers": 2, "task_family": "modular"}
    assert read("h.csv", text).contexts["h"] == expected | {"operation": "add", "modulus": 97}


@pytest.mark.parametrize("header", ["step,metric,split,value", "step,name,val"])
def test_a_row_a_value_under_other_names(read: Read, header: str) -> None:
    pairs = zip(STEPS, TRAIN, VAL, strict=True)
    rows = [
        (s, *(("accuracy", split) if "split" in header else (f"{split}/acc",)), v)
        for s, *of in pairs
        for split, v in zip(SPLITS, of, strict=True)
    ]
    assert values(read("h.csv", table(header, *zip(*rows, strict=True)))) == EXPECTED


def test_steps_that_begin_again_with_each_epoch_are_counted_on_or_asked_for(read: Read) -> None:
    text = table(
        "epoch,step,train_acc,val_acc", [0, 0, 1, 1], [50, 100, 50, 100], [0.5, 0.9, 1, 1], [0.1, 0.1, 0.2, 0.3]
    )
    with pytest.raises(InvalidInput, match="they begin again with each epoch: --steps-per-epoch"):
        read("h.csv", text)
    assert values(read("h.csv", text, steps_per_epoch=100))["step"] == [50, 100, 150, 200]


def test_a_0_1_loss_is_an_error_rate(read: Read) -> None:
    wrong = [[1 - v for v in column] for column in (TRAIN, VAL)]
    recording = read("h.csv", table("step,train_0-1_loss,val_0-1_loss", STEPS, *wrong))
    assert values(recording) == {name: pytest.approx(column) for name, column in EXPECTED.items()}


@pytest.mark.parametrize(
    "document",
    [
        {"step": STEPS, "train_acc": TRAIN, "val_acc": [{"mean": v, "std": 0.01} for v in VAL]},
        {
            "hparams": "lr=1e-3, AdamW",
            "log": [
                {"step": s, "train": {"acc": t}, "val": {"acc": v}} for s, t, v in zip(STEPS, TRAIN, VAL, strict=True)
            ],
        },
    ],
    ids=["means", "a configuration in words"],
)
def test_documents_with_means_and_sentences(read: Read, document: dict[str, object]) -> None:
    recording = read("h.json", json.dumps(document))
    assert values(recording) == EXPECTED
    expected = {"learning_rate": 1e-3, "optimizer": "adamw"} if "hparams" in document else {}
    assert recording.contexts["h"] == expected


@pytest.mark.parametrize("header", ["step,train acc ± std,val acc ± std", "updates (x100),tr. acc.,val_acc (n=97)"])
def test_what_stands_beside_a_name(read: Read, header: str) -> None:
    steps = [s / 100 for s in STEPS] if "x100" in header else STEPS
    assert values(read("h.csv", table(header, steps, TRAIN, VAL))) == EXPECTED


def test_a_validation_that_was_never_logged_leaves_its_place_to_the_test(read: Read) -> None:
    recording = read("h.csv", table("step,train_acc,val_acc,test_acc", STEPS, TRAIN, [""] * 3, VAL))
    assert values(recording) == EXPECTED
    assert "test_acc is read as val_acc" in recording.notes


def test_a_flag_says_the_split(read: Read) -> None:
    rows = [
        (s, v, flag)
        for s, *of in zip(STEPS, TRAIN, VAL, strict=True)
        for v, flag in zip(of, (True, False), strict=True)
    ]
    assert values(read("h.csv", table("step,accuracy,is_train", *zip(*rows, strict=True)))) == EXPECTED


def test_splits_without_a_metric_are_asked_for(read: Read) -> None:
    with pytest.raises(InvalidInput, match="--map 'train=train_acc', --map 'val=val_acc'"):
        read("h.csv", table("step,train,val", STEPS, TRAIN, VAL))


def test_a_percentage_that_rises_as_the_steps_do_is_no_accuracy(read: Read) -> None:
    log = "".join(
        f"epoch {s // 400} step {s} train loss {loss} ({s / 10:.0f}%) val loss 3.0\n"
        for s, loss in ((10, 2.5), (500, 1.5), (1000, 0.5))
    )
    recording = read("h.log", log)
    assert set(values(recording)) == {"step", "train_loss", "val_loss"}
    assert any("is progress, and is left out" in note for note in recording.notes)


LOSSES = [[2.5, 1.5, 1.25], [3.0, 3.5, 4.0]]
WITH_LOSSES = EXPECTED | {"train_loss": LOSSES[0], "val_loss": LOSSES[1]}


@pytest.mark.parametrize(
    ("train", "val", "scale"),
    [
        ("train_ppl", "val_ppl", np.exp),
        ("train perplexity", "perplexity (val)", np.exp),
        ("train_bpc", "val bits per character", lambda nats: nats / np.log(2)),
        ("log10_train_loss", "log10(val loss)", np.log10),
        ("train_loss_ln", "ln(val loss)", np.log),
    ],
)
def test_losses_on_other_scales_are_read_in_nats(read: Read, train: str, val: str, scale) -> None:
    scaled = [scale(np.array(column)).tolist() for column in LOSSES]
    recording = read("h.csv", table(f"step,{train},{val},train_acc,val_acc", STEPS, *scaled, TRAIN, VAL))
    assert values(recording) == {name: pytest.approx(column) for name, column in WITH_LOSSES.items()}
    assert any(f"{train} is read as train" in note for note in recording.notes)


def test_a_logarithm_of_no_stated_base_and_a_perplexity_below_1_are_no_losses(read: Read) -> None:
    recording = read(
        "h.csv", table("step,log train loss,val_ppl,train_acc,val_acc", STEPS, [1] * 3, [0.5] * 3, TRAIN, VAL)
    )
    assert values(recording) == EXPECTED
    assert any("log train loss is left out: a logarithm of which base?" in note for note in recording.notes)
    assert not any("log train loss=train_loss" in note for note in recording.notes)


@pytest.mark.parametrize(
    "header",
    [
        "step,1-train_acc,1 - val_acc",
        "step,1 \u2212 train accuracy,1-test_acc",
        "step,train_top1_err,val_top1_error_rate",
        "step,train error (%),val err %",
    ],
)
def test_one_minus_an_accuracy(read: Read, header: str) -> None:
    of_all = 100 if "%" in header else 1
    train, val = ([of_all * (1 - v) for v in column] for column in (TRAIN, VAL))
    text = table(f"{header},train_loss,val_loss", STEPS, train, val, *LOSSES)
    assert values(read("h.csv", text)) == {name: pytest.approx(column) for name, column in WITH_LOSSES.items()}


@pytest.mark.parametrize(
    "header",
    [
        ",train,train,val,val\nstep,loss,acc,loss,acc",
        ",train,,val,\nstep,loss,acc,loss,acc",
        "step,train,,val,\n,loss,acc,loss,acc",
        ",train,,val,\n,loss,acc,loss,acc\nstep,,,,",
        "step,train_loss,train_acc,val_loss,val_acc\n(updates),(nats),-,nats,-",
    ],
)
def test_a_header_of_several_rows(read: Read, header: str) -> None:
    text = table(header, STEPS, LOSSES[0], TRAIN, LOSSES[1], VAL)
    for divided in (text, text.replace(",", "\t")):
        recording = read("h.csv", divided)
        assert values(recording) == WITH_LOSSES
        assert any("rows of the header are joined" in note for note in recording.notes)


def test_units_below_the_names_hold(read: Read) -> None:
    text = table("step,train_acc,val_acc\nk,%,%", [0.01, 0.1, 1], [50, 100, 100], [10, 10, 20])
    assert values(read("h.csv", text)) == EXPECTED


def test_a_table_that_is_drawn(read: Read) -> None:
    rows = "".join(f"\u2502 {s} \u2502 {t} \u2502 {v} \u2502\n" for s, t, v in zip(STEPS, TRAIN, VAL, strict=True))
    drawn = (
        "\u250f\u2501\u2501\u2533\u2501\u2513\n\u2503 step \u2503 train_acc \u2503 val_acc \u2503\n\u2521\u2501\u2501\u2547\u2501\u2529\n"
        + rows
        + "\u2514\u2500\u2500\u2534\u2500\u2518\n"
    )
    assert values(read("h.txt", drawn)) == EXPECTED


@pytest.mark.parametrize("name", ["log", "message", "msg"])
def test_lines_that_a_container_or_a_logger_wrapped_in_records(read: Read, name: str) -> None:
    printed = ["lr=0.001", *(f"step {s} train_acc {t} val_acc {v}" for s, t, v in zip(STEPS, TRAIN, VAL, strict=True))]
    records = [{name: f"{line}\n", "stream": "stdout", "time": "2026-11-27T10:00:00Z"} for line in printed]
    recording = read("h.jsonl", "".join(json.dumps(record) + "\n" for record in records))
    assert values(recording) == EXPECTED
    assert recording.contexts["h"] == {"learning_rate": 0.001}


@pytest.mark.parametrize("indent", [None, 2])
def test_objects_one_behind_the_other(read: Read, indent: int | None) -> None:
    records = [dict(zip(EXPECTED, row, strict=True)) for row in zip(STEPS, TRAIN, VAL, strict=True)]
    assert values(read("h.json", "".join(json.dumps(record, indent=indent) for record in records))) == EXPECTED


def test_metrics_of_comet_with_their_split_beside_them(read: Read) -> None:
    splits = {"train": TRAIN, "validate": VAL}
    records = [
        {"metricName": "accuracy", "metricValue": str(v), "step": s, "runContext": split}
        for split, column in splits.items()
        for s, v in zip(STEPS, column, strict=True)
    ]
    assert values(read("h.json", json.dumps(records))) == EXPECTED


def test_a_bare_metric_below_a_prefix_is_trainings_beside_validations(read: Read) -> None:
    assert values(read("h.csv", table("step,metrics/accuracy,eval/metrics/accuracy", STEPS, TRAIN, VAL))) == EXPECTED


PRINTED = [f"step {s} train_acc {t} val_acc {v}" for s, t, v in zip(STEPS, TRAIN, VAL, strict=True)]


@pytest.mark.parametrize(
    "document",
    [
        [{"MESSAGE": line, "PRIORITY": "6", "_PID": "1"} for line in PRINTED],
        [{"textPayload": line, "severity": "INFO"} for line in PRINTED],
        [{"jsonPayload": {"message": line}, "insertId": "a"} for line in PRINTED],
        {"events": [{"message": line, "ingestionTime": 1} for line in PRINTED]},
        [{"text": "a", "record": {"message": line, "level": {"name": "INFO"}}} for line in PRINTED],
        [
            {"event": "eval", "payload": {"step": s, "metrics": {"train": {"acc": t}, "val": {"acc": v}}}}
            for s, t, v in zip(STEPS, TRAIN, VAL, strict=True)
        ],
        [
            {"step": s, "metrics": [{"name": "train_acc", "value": t}, {"name": "val_acc", "value": v}]}
            for s, t, v in zip(STEPS, TRAIN, VAL, strict=True)
        ],
    ],
    ids=["journald", "textPayload", "jsonPayload", "CloudWatch", "loguru", "in an envelope", "names and values"],
)
def test_records_of_further_loggers(read: Read, document: object) -> None:
    assert values(read("h.json", json.dumps(document))) == EXPECTED


@pytest.mark.parametrize(
    "lines",
    [
        ["# A tibble: 3 x 4", "    step train_acc val_acc", "   <dbl>     <dbl>   <dbl>", *("{k} {s} {t} {v}",) * 3],
        ["3x3 DataFrame", " Row \u2502 step   train_acc  val_acc", "     \u2502 Int64  Float64    Float64", "\u2500\u2500\u2500\u253c\u2500\u2500\u2500", *("   {k} \u2502   {s}   {t}  {v}",) * 3],
        ["\u250c\u2500\u252c\u2500\u2510", "\u2502 step \u2506 train_acc \u2506 val_acc \u2502", "\u2502 ---  \u2506 ---  \u2506 --- \u2502", "\u2502 i64  \u2506 f64  \u2506 f64 \u2502", *("\u2502 {s} \u2506 {t} \u2506 {v} \u2502",) * 3],
        ["     +----------+", "     | step   train_acc   val_acc |", "     |----------|", *("  {k}. |  {s}   {t}   {v} |",) * 3, "     +----------+"],
        ["    step    train_acc    val_acc", "    ____    _________    _______", *("    {s}    {t}    {v}",) * 3],
        ["|======|", "|  Iteration  |  Time Elapsed  |  Mini-batch  |  Validation  |", "|  |  (hh:mm:ss)  |  Accuracy  |  Accuracy  |", "|======|", *("| {s} | 00:00:01 | {t} | {v} |",) * 3],
        ["metric,step_10,step_100,step_1000", f"train_acc,{TRAIN[0]},{TRAIN[1]},{TRAIN[2]}", f"val_acc,{VAL[0]},{VAL[1]},{VAL[2]}"],
        ["step,value,metric,data", *(f"{s},{v},accuracy,{of}" for of, column in (("training", TRAIN), ("validation", VAL)) for s, v in zip(STEPS, column, strict=True))],
    ],
    ids=["R", "Julia", "polars", "Stata", "MATLAB's table", "MATLAB's training", "a column a step", "R's keras"],
)  # fmt: skip
def test_tables_as_other_languages_print_them(read: Read, lines: list[str]) -> None:
    rows = iter(zip(STEPS, TRAIN, VAL, strict=True))
    printed = []
    for line in lines:
        if "{s}" in line:
            s, t, v = next(rows)
            line = line.format(k=STEPS.index(s) + 1, s=s, t=t, v=v)
        printed.append(line)
    assert values(read("h.csv", "\n".join(printed) + "\n")) == EXPECTED


@pytest.mark.parametrize(
    ("val_steps", "is_own"), [([20, 200, 990], True), ([1, 2, 3], False), ([10, 100, 1000], False), ([20, 20, 20], False)]
)  # fmt: skip
def test_validation_at_steps_of_its_own(read: Read, val_steps: list[int], is_own: bool) -> None:
    recording = read("h.csv", table("step,train_acc,val_step,val_acc", STEPS, TRAIN, val_steps, VAL))
    assert any("val_acc is at the steps of val_step" in note for note in recording.notes) == is_own
    found = values(recording)
    at = dict(zip(found["step"], found["val_acc"], strict=True))
    assert [at[s] for s in (val_steps if is_own else STEPS)] == VAL


@pytest.mark.parametrize(
    ("header", "wrong"),
    [
        ("iter,train-mlogloss,train-merror,eval-mlogloss,eval-merror", True),
        ("iter,training's multi_logloss,training's multi_error,valid_1's multi_logloss,valid_1's multi_error", True),
        ("iter,training's binary_logloss,training's accuracy,valid_0's binary_logloss,valid_0's accuracy", False),
    ],
)
def test_metrics_of_boosted_trees(read: Read, header: str, wrong: bool) -> None:
    train, val = ([1 - v if wrong else v for v in column] for column in (TRAIN, VAL))
    recording = read("h.csv", table(header, STEPS, LOSSES[0], train, LOSSES[1], val))
    assert values(recording) == {name: pytest.approx(column) for name, column in WITH_LOSSES.items()}


def test_an_accuracy_above_1_beside_one_in_percent_is_in_percent(read: Read) -> None:
    recording = read("h.csv", table("step,train_acc,val_acc", STEPS, [50, 100, 100], [2.5, 10, 20]))
    assert values(recording) == EXPECTED | {"val_acc": [0.025, 0.1, 0.2]}


def test_medians_are_the_metric_and_quantiles_are_no_runs(read: Read) -> None:
    columns = (TRAIN, [0.0] * 3, [1.0] * 3, VAL, [0.0] * 3, [1.0] * 3)
    for low, high in (("q25", "q75"), ("p5", "p95"), ("25th", "75th")):
        names = [f"{split}_acc_{what}" for split in ("train", "val") for what in ("median", low, high)]
        assert values(read("h.csv", table(",".join(["step", *names]), STEPS, *columns))) == EXPECTED


@pytest.mark.parametrize("below", ["mean,0.8,0.1\n", "mean,0.8,0.1\nstd,0.1,0.0\n", "\nTraining finished in 3 s\n"])
def test_what_follows_the_last_checkpoint_is_left_out(read: Read, below: str) -> None:
    recording = read("h.csv", table("step,train_acc,val_acc", STEPS, TRAIN, VAL, rows=below))
    assert values(recording) == EXPECTED
    assert any("words for a step" in note and below.strip().split(",")[0] in note for note in recording.notes)


def test_colours_of_a_terminal_are_no_part_of_a_table(read: Read) -> None:
    text = table("\x1b[1mstep,train_acc,val_acc\x1b[0m", STEPS, [f"\x1b[32m{v}\x1b[0m" for v in TRAIN], VAL)
    assert values(read("h.csv", text)) == EXPECTED


@pytest.mark.parametrize("header", ["step,loss,train_acc,val_acc", "iteration,main/loss,main/acc,validation/main/acc"])
def test_a_bare_loss_beside_validations_accuracy_is_trainings(read: Read, header: str) -> None:
    found = values(read("h.csv", table(header, STEPS, LOSSES[0], TRAIN, VAL)))
    assert found == EXPECTED | {"train_loss": LOSSES[0]}


@pytest.mark.parametrize("header", ["step,train_error (%),val_error (%)", "step,train_top1_err,val_top1_err"])
def test_errors_that_are_no_losses_are_read_without_a_loss_beside_them(read: Read, header: str) -> None:
    of_all = 100 if "%" in header else 1
    train, val = ([of_all * (1 - v) for v in column] for column in (TRAIN, VAL))
    found = values(read("h.csv", table(header, STEPS, train, val)))
    assert found == {name: pytest.approx(column) for name, column in EXPECTED.items()}


@pytest.mark.parametrize(
    ("header", "cell"),
    [
        ("loss (train/val);acc (train/val)", "{0}/{1}"),
        ("Train/test loss;Train/test acc", "{0} / {1}"),
        ("loss (train, val);acc (train, val)", "({0}, {1})"),
        ("loss train/val;acc train/val", "[{0}, {1}]"),
    ],
)
def test_two_values_in_a_cell_that_its_column_names(read: Read, header: str, cell: str) -> None:
    pairs = [[cell.format(*pair) for pair in zip(*columns, strict=True)] for columns in (LOSSES, (TRAIN, VAL))]
    text = f"step\t{header}\n".replace(";", "\t") + "".join(
        "\t".join(map(str, row)) + "\n" for row in zip(STEPS, *pairs, strict=True)
    )
    recording = read("h.tsv", text)
    assert values(recording) == WITH_LOSSES
    assert any(f"{header.split(';')[0]} is read as" in note for note in recording.notes)


def test_arrays_of_a_dictionary_that_python_printed(read: Read) -> None:
    text = f"{{'steps': array({STEPS}), 'train_accs': tensor({TRAIN}, device='cuda:0'), 'val_accs': np.array({VAL})}}"
    assert values(read("h.txt", text)) == EXPECTED


def test_of_a_share_and_the_same_in_percent_the_share_is_read(read: Read) -> None:
    percent = [[100 * v for v in column] for column in (TRAIN, VAL)]
    header = "step,train_acc,train_acc_pct,val_acc,val acc (%)"
    assert values(read("h.csv", table(header, STEPS, TRAIN, percent[0], VAL, percent[1]))) == EXPECTED
