"""The page, in a real browser, before a real service."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import grokcast
from predictor.release import shipped_result
from tests.page_browser import HISTORY, ROOT, Visit, ask, make_key, served_page, wait_for

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")


def test_a_dropped_file_is_forecast(visit: Visit) -> None:
    visit.drop("mine.csv", HISTORY.read_text())
    visit.page.wait_for_selector("#answer .headline")
    assert visit.text("#answer-title") == "mine.csv"
    assert "to generalise by step 10,000" in visit.text("#answer .headline")
    assert "%" in visit.text("#answer .chance")
    assert visit.page.locator("#answer .curves svg path.val-line").count() == 2  # accuracy, loss
    assert "median" in visit.text("#answer .curves").lower()
    label = visit.page.get_attribute("#answer .curves .chart", "aria-label")
    assert "train acc 1" in label
    assert "to generalise" in label
    said = visit.text("#answer .words")
    assert "10,000 was assumed, 10 times the last step" in said
    assert "Look again\nAt step 2,000." in said
    for title in ("Drivers of the forecast", "By step 10,000, the likeliest first"):
        assert visit.page.get_by_role("heading", name=title).count() == 1


def test_the_example_and_the_context_of_the_form(visit: Visit) -> None:
    visit.page.click("#example")
    visit.page.wait_for_selector("#answer .headline")
    assert "by step 20,000" in visit.text("#answer .headline")  # the budget of its context
    visit.page.fill("[name=horizon_step]", "5,000")
    visit.page.fill("[name='context.chance_accuracy']", "1/47")
    with visit.page.expect_request("**/v1/forecasts") as sent:
        visit.page.click("text=Forecast again")
    asked = json.loads(sent.value.post_data)
    assert asked["horizon_step"] == 5_000
    assert asked["context"]["chance_accuracy"] == pytest.approx(1 / 47)
    assert asked["context"]["modulus"] == 47  # the form has no field for it
    playwright.expect(visit.page.locator("#answer .headline")).to_contain_text("by step 5,000")
    with visit.page.expect_request("**/v1/forecasts") as sent:
        visit.drop("mine.csv", HISTORY.read_text())
    asked = json.loads(sent.value.post_data)  # what was typed stays, what the example said does not
    assert asked["context"] == {"chance_accuracy": pytest.approx(1 / 47)}
    assert asked["horizon_step"] == 5_000


def test_the_configuration_in_words(visit: Visit) -> None:
    visit.page.fill("[name='context.description']", "1L transformer, AdamW lr 1e-3 wd 1, seen twice")
    with visit.page.expect_response("**/v1/forecasts") as answered:
        visit.drop("mine.csv", HISTORY.read_text())
    visit.page.wait_for_selector("#answer .headline")
    said = " ".join(answered.value.json()["warnings"])
    assert '"1L" is read as layers 1' in said
    assert 'ignored: "seen twice"' in said
    assert '"AdamW" is read as optimizer adamw' in visit.text("#answer .warnings")


def test_what_to_tell_next_is_filled_in_there_and_then(visit: Visit) -> None:
    visit.drop("mine.csv", HISTORY.read_text())
    visit.page.wait_for_selector("#answer .gaps input")
    fields = visit.page.locator("#answer .gaps input")
    assert fields.count() == 3
    first = str(fields.first.get_attribute("name")).removeprefix("gap.")
    likely = str(fields.first.get_attribute("placeholder"))
    fields.first.fill(likely)
    with visit.page.expect_response("**/v1/forecasts") as answered:
        visit.page.click("text=Forecast with these")
    assert json.loads(answered.value.request.post_data)["context"] == {first: float(likely.replace(",", ""))}
    assert first not in [gap["name"] for gap in answered.value.json()["gaps"]]
    playwright.expect(visit.page.locator(f"#answer .gaps [name='gap.{first}']")).to_have_count(0)


@pytest.mark.parametrize(
    ("names", "context", "part"),
    [
        (("train_acc", "val_acc"), {"steps_per_epoch": 8}, " epochs after memorisation"),
        (("train_loss", "val_loss"), {}, "not known yet: it is counted from memorisation"),
        (("train_acc", "val_acc"), {"optimizer": "adafactor"}, "all of it is the average of the runs learnt from"),
    ],
)
def test_the_answer_says_what_the_command_line_says(
    visit: Visit, tmp_path: Path, names: tuple[str, ...], context: dict[str, Any], part: str
) -> None:
    (tmp_path / "mine.csv").write_text(columns_of(*names))
    for name, value in context.items():
        visit.page.fill(f"[name='context.{name}']", str(value))
    visit.drop("mine.csv", columns_of(*names))
    visit.page.wait_for_selector("#answer .headline")
    shown = str(visit.page.text_content("#answer")).lower()
    expected = grokcast.forecast(tmp_path / "mine.csv", context=context)["words"]
    beside = [said["text"] for said in expected if said["about"] != "advice"]  # which is the headline
    assert [text for text in beside if text.lower() not in shown] == []
    assert part in shown


def test_out_of_support_there_is_no_verdict_but_what_is_foreign(visit: Visit) -> None:
    request = json.loads((ROOT / "examples/request.json").read_text())
    request["context"]["optimizer"] = "adafactor"
    visit.drop("request.json", json.dumps(request))
    visit.page.wait_for_selector("#answer .headline")
    assert "No verdict" in visit.text("#answer .headline")
    assert "likely" not in visit.text("#answer .headline")
    assert visit.page.locator("#answer .said .chance").count() == 0
    assert visit.page.get_by_role("heading", name="Drivers of the forecast").count() == 0
    said = visit.text("#answer .words")
    assert "optimizer 'adafactor'" in said
    assert "all of it is the average of the runs learnt from" in said
    for title in ("Onset", "Delay, if it generalises"):
        assert title not in said
    assert visit.page.locator("#answer .outcomes, #answer .chance-line, #answer rect.band").count() == 0


def test_a_run_in_six_is_not_called_very_unlikely(visit: Visit) -> None:
    said = visit.page.evaluate("""async () => {
        const { likelihood } = await import("/page/words.js");
        return [0.97, 0.83, 0.5, 0.17, 0.06, 0.001].map(likelihood);
    }""")
    assert said == ["Almost certain", "Likely", "As likely as not", "Unlikely", "Very unlikely", "Extremely unlikely"]


def test_a_json_request_is_read_with_its_context(visit: Visit) -> None:
    visit.drop("request.json", (ROOT / "examples/request.json").read_text())
    visit.page.wait_for_selector("#answer .headline")
    asked = json.loads((ROOT / "examples/request.json").read_text())
    for name, value in asked["context"].items():
        field = visit.page.locator(f"[name='context.{name}']")
        if field.count():
            assert field.input_value() == str(value)


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("bad.csv", "", "Found a file of 0 bytes"),
        ("bad.bin", "nothing", "Found no metrics; expected a file ending in"),
        ("bad.csv", "epoch,val_acc\n1,0.1\n2,0.1\n3,0.2\n", "How many optimiser steps has one?"),
        ("bad.csv", "loss\n1\n2\n", "expected a column `step`"),
        ("bad.csv", "step,val_acc\n1,0.1\n2,high\n", "row 2, val_acc is “high”; expected a number"),
        ("bad.json", '{"history": {"step": [1, 2', "expected json"),
    ],
)
def test_a_file_that_cannot_be_read_is_answered_with_the_reason(
    visit: Visit, name: str, content: str, reason: str
) -> None:
    visit.drop("good.csv", HISTORY.read_text())
    visit.page.wait_for_selector("#answer .headline")
    visit.drop(name, content)
    playwright.expect(visit.page.locator(".fault")).to_contain_text(reason)
    assert visit.text("#file-name") == name  # not under the name of the file before
    assert visit.page.is_hidden("#answer")
    visit.errors[:] = [error for error in visit.errors if "422" not in error]  # Chromium notes the status itself


def test_a_file_with_foreign_names_shows_how_it_was_read_and_can_be_corrected(visit: Visit) -> None:
    text = HISTORY.read_text().replace("val_acc", "held-out score", 1).replace("train_acc", "Train Accuracy", 1)
    visit.drop("mine.csv", text)
    visit.page.wait_for_selector("#answer .headline")
    row = visit.page.get_by_label("Train Accuracy is read as")
    assert row.input_value() == "train_acc"
    other = visit.page.get_by_label("held-out score is read as")
    assert other.input_value() == "none"
    visit.page.click(".columns summary")
    with visit.page.expect_request("**/v1/forecasts") as sent:
        other.select_option("val_acc")
    asked = json.loads(sent.value.post_data)["history"]
    columns = {
        name: [float(row.split(",")[k]) for row in HISTORY.read_text().split()[1:]]
        for k, name in enumerate(HISTORY.read_text().split()[0].split(","))
    }
    assert asked["val_acc"] == columns["val_acc"]
    with visit.page.expect_request("**/v1/forecasts") as sent:
        visit.page.get_by_label("Train Accuracy is read as").select_option("none")
    assert "train_acc" not in json.loads(sent.value.post_data)["history"]


def test_a_column_that_may_be_validation_is_asked_about(visit: Visit) -> None:
    visit.drop("mine.csv", "step,train_acc,acc_other\n0,0.1,0.1\n50,1,0.1\n100,1,0.1\n200,1,0.1\n")
    playwright.expect(visit.page.locator("#file-faults .fault")).to_contain_text("validation")
    select = visit.page.get_by_label("acc_other is read as")
    select.select_option("val_acc")
    visit.page.wait_for_selector("#answer .headline")
    assert visit.page.locator("#file-faults .fault").count() == 0
    visit.errors[:] = [error for error in visit.errors if "422" not in error]


def test_one_of_several_runs_is_chosen(visit: Visit) -> None:
    lines = HISTORY.read_text().split()
    rows = [f"{line},{seed}" for seed in (0, 1) for line in lines[1 : 60 - 20 * seed]]
    visit.drop("two.csv", "\n".join([f"{lines[0]},seed", *rows]))
    visit.page.wait_for_selector("#run-choice")
    assert visit.page.is_hidden("#answer")
    names = visit.page.locator("#run-choice option").all_inner_texts()
    assert [name.rpartition("=")[2] for name in names] == ["Choose one", "0", "1"]
    with visit.page.expect_request("**/v1/forecasts") as sent:
        visit.page.select_option("#run-choice", names[2])
    assert len(json.loads(sent.value.post_data)["history"]["step"]) == 39
    visit.page.wait_for_selector("#answer .headline")


def columns_of(*names: str) -> str:
    """Return some columns of the example, as a file of their own."""
    return pd.read_csv(HISTORY)[["step", *names]].to_csv(index=False)


def test_charts_of_one_run_that_are_dropped_together_are_one_history(visit: Visit) -> None:
    charts = {"acc": columns_of("train_acc", "val_acc"), "loss": columns_of("train_loss", "val_loss")}
    with visit.page.expect_request("**/v1/forecasts") as sent:
        visit.drop("norm.csv", columns_of("weight_norm"), **charts)
    asked = json.loads(sent.value.post_data)["history"]
    assert asked == {name: column.tolist() for name, column in pd.read_csv(HISTORY)[list(asked)].items()}
    assert len(asked) == 6
    visit.page.wait_for_selector("#answer .headline")
    assert visit.text("#answer-title") == visit.text("#file-name") == "norm.csv, acc.csv, loss.csv"
    assert "are read as one run" in str(visit.page.text_content("[aria-label='Notes on the file']"))


def test_files_of_several_runs_are_a_choice_and_a_column_that_is_named_makes_one_of_them(visit: Visit) -> None:
    visit.drop("acc.csv", columns_of("train_acc", "val_acc"), other=columns_of("val_loss").replace("val_loss", "held"))
    visit.page.wait_for_selector("#run-choice")
    names = visit.page.locator("#run-choice option").all_inner_texts()
    assert names == ["Choose one", "acc", "other (cannot be read)"]
    visit.page.select_option("#run-choice", "other")
    select = visit.page.get_by_label("held is read as")
    with visit.page.expect_request("**/v1/forecasts") as sent:
        select.select_option("val_loss")
    assert set(json.loads(sent.value.post_data)["history"]) == {"step", "train_acc", "val_acc", "val_loss"}
    visit.page.wait_for_selector("#answer .headline")
    visit.errors[:] = [error for error in visit.errors if "422" not in error]


def test_a_table_without_a_header_asks_for_the_names_of_its_columns(visit: Visit) -> None:
    visit.drop("bare.csv", columns_of("train_acc", "val_acc").partition("\n")[2])
    fault = visit.page.locator("[name=columns] + .fault")
    playwright.expect(fault).to_contain_text("Name its columns here")
    with visit.page.expect_request("**/v1/forecasts") as sent:
        visit.page.fill("[name=columns]", "step, train_acc, val_acc")
        visit.page.press("[name=columns]", "Enter")
    assert set(json.loads(sent.value.post_data)["history"]) == {"step", "train_acc", "val_acc"}
    visit.page.wait_for_selector("#answer .headline")
    assert visit.page.locator("#question .fault").count() == 0
    visit.errors[:] = [error for error in visit.errors if "422" not in error]


def test_percent_is_asked_about_with_a_box(visit: Visit) -> None:
    rows = "".join(f"{step},{train},{val}\n" for step, train, val in [(1, 2, 2), (50, 99, 2), (100, 100, 3)])
    visit.drop("percent.csv", f"step,train_acc,val_acc\n{rows}")
    playwright.expect(visit.page.locator(".reading .fault")).to_contain_text("percent")
    with visit.page.expect_request("**/v1/forecasts") as sent:
        visit.page.check("[name=percent]")
    assert json.loads(sent.value.post_data)["history"]["train_acc"] == [0.02, 0.99, 1.0]
    visit.errors[:] = [error for error in visit.errors if "422" not in error]


def test_epochs_are_asked_about_beside_their_field(visit: Visit) -> None:
    visit.drop("epochs.csv", "Epoch,train_acc,val_acc\n1,0.1,0.1\n2,0.1,0.1\n3,1,0.2\n")
    fault = visit.page.locator("[name='context.steps_per_epoch'] + .fault")
    playwright.expect(fault).to_contain_text("How many optimiser steps has one?")
    visit.page.fill("[name='context.steps_per_epoch']", "97")
    with visit.page.expect_request("**/v1/forecasts") as sent:
        visit.page.click("text=Forecast again")
    assert json.loads(sent.value.post_data)["history"]["step"] == [97, 194, 291]
    visit.errors[:] = [error for error in visit.errors if "422" not in error]


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("0,001", 0.001),
        ("0,5", 0.5),
        ("1e-3", 0.001),
        ("1,5", 1.5),
        ("20,000", 20000),
        ("1,234,567.5", 1234567.5),
        ("1 000", 1000),
        ("0,250", 0.25),
        ("1,50", 1.5),
        ("1/97", 1 / 97),
        ("1,00,000", "1,00,000"),
        ("many", "many"),
        ("", ""),
    ],
)
def test_numbers_are_read_as_they_are_typed(visit: Visit, typed: str, meant: float | str) -> None:
    read = visit.page.evaluate("async (text) => (await import('/page/numbers.js')).number(text)", typed)
    assert read == (pytest.approx(meant) if isinstance(meant, float) else meant)


def test_a_number_with_a_comma_is_shown_as_it_is_read(visit: Visit) -> None:
    visit.page.fill("[name='context.learning_rate']", "0,001")
    visit.page.fill("[name=horizon_step]", "20,000")
    visit.page.press("[name=horizon_step]", "Tab")
    assert visit.page.input_value("[name='context.learning_rate']") == "0.001"
    assert visit.page.input_value("[name=horizon_step]") == "20000"


def test_what_the_service_refuses_is_told_beside_what_it_concerns(
    open_page: Callable[..., Visit], page_service: str
) -> None:
    visit = open_page(page_service)
    visit.drop("short.csv", "step,train_acc,val_acc\n1,0.1,0.1\n50,1,0.1\n")
    visit.page.wait_for_selector("#file-faults .fault")
    assert "at least 3 checkpoints" in visit.text("#file-faults")
    visit.page.fill("[name='context.learning_rate']", "-1")
    visit.drop("mine.csv", HISTORY.read_text())
    fault = visit.page.wait_for_selector("[name='context.learning_rate'] + .fault")
    assert "expected a number >= 0" in fault.inner_text()
    assert visit.page.get_attribute("[name='context.learning_rate']", "aria-invalid") == "true"
    assert all("422" in error for error in visit.errors)  # Chromium notes the status itself


def test_a_run_is_listed_and_its_view_grows_while_points_come_in(visit: Visit, page_service: str) -> None:
    rows = [line.split(",") for line in HISTORY.read_text().split()]
    columns = {name: [float(row[i]) for row in rows[1:]] for i, name in enumerate(rows[0])}
    run = f"{page_service}/v1/runs/seed-7"

    def append(until: int) -> None:
        history = {name: values[:until] for name, values in columns.items()}
        ask("POST", f"{run}/metrics", json={"history": history}).raise_for_status()

    context = json.loads((ROOT / "examples/context.json").read_text())
    ask("PUT", run, json={"context": context}).raise_for_status()
    row = visit.page.locator(".run", has_text="seed-7")
    row.wait_for()
    playwright.expect(row).to_contain_text("no points yet")
    append(30)
    row.scroll_into_view_if_needed()  # the curves of those out of sight are not read
    row.locator("svg.sparkline").wait_for()
    playwright.expect(row).to_contain_text("Undecided")
    playwright.expect(row).to_contain_text(f"step {columns['step'][29]:.0f}, just now")

    row.locator("a").click()
    seen = visit.page.locator("#run .words")
    playwright.expect(seen).to_contain_text(f"Step {columns['step'][29]:.0f}: ")
    append(50)
    playwright.expect(seen).to_contain_text(f"Step {columns['step'][49]:.0f}: ")
    append(60)
    playwright.expect(seen).to_contain_text("Step 1,000: ")
    visit.page.locator("#run .pair .median-dot").nth(2).wait_for(state="attached")
    playwright.expect(visit.page.locator("#announced")).to_contain_text("seed-7")

    assert not visit.errors
    ask("DELETE", run).raise_for_status()
    playwright.expect(visit.page.locator("#run-note")).to_contain_text("deleted")
    visit.page.click("text=All runs")
    playwright.expect(row).to_have_count(0)  # the list hears of it on a stream of its own
    # A part of the page that looked in this moment was told that there is no such run.
    visit.errors[:] = [error for error in visit.errors if "404" not in error]


def test_the_forecaster_shows_its_benchmark(visit: Visit) -> None:
    visit.page.wait_for_selector("#forecaster .tiles")
    assert "AUROC" in visit.text("#forecaster .tiles")
    assert "should be 90 %" in visit.text("#forecaster .tiles")
    result, _ = shipped_result()
    assert f"seeds of one configuration differ by {result.headline.when.noise_floor.difference:.3f}" in visit.text(
        "#forecaster .tiles"
    )
    blind = [tests["at memorisation"].methods["grokcast"].auroc.value for tests in (result.blind, result.second_blind)]
    assert "AUROC is {:.3f} and {:.3f}".format(*blind) in visit.text("#forecaster")
    assert visit.page.locator("#forecaster .interval.own").count() == 3


def test_settings_are_planned_beside_each_other(visit: Visit) -> None:
    page = visit.page
    for name, text in {
        "modulus": "97",
        "learning_rate": "0,001",
        "weight_decay": "0.01,1",
        "budget_step": "50,000",
    }.items():
        page.fill(f"#plan-form [name={name}]", text)
    page.fill("#plan-form [name=wanted_probability]", "0.6")
    with page.expect_request("**/v1/plans") as sent:
        page.click("#plan-form button")
    assert json.loads(sent.value.post_data) == {
        "grid": {"modulus": [97], "learning_rate": [0.001], "weight_decay": [0.01, 1]},
        "budget_step": 50_000,
        "wanted_probability": 0.6,
    }
    page.wait_for_selector("#plan-body tbody tr")
    rows = page.locator("#plan-body tbody tr")
    assert [rows.nth(k).locator("th").inner_text().split()[0] for k in (0, 1)] == ["0.01", "1"]
    assert "The cheapest that reaches 60 %: weight_decay 1" in visit.text("#plan-body .headline")
    assert "cheapest" in rows.nth(1).inner_text()
    notes = visit.text("#plan-body .warnings")
    assert "modular is assumed" in notes
    assert "All: modulus 97, learning rate 0.001" in notes


def test_a_setting_out_of_support_has_no_verdict_and_a_fault_stands_beside_its_field(visit: Visit) -> None:
    page = visit.page
    page.fill("#plan-form [name=weight_decay]", "1, 1000")
    page.click("#plan-form button")
    assert "budget_step is missing" in visit.text("#plan-form [name=budget_step] + .fault")
    page.fill("#plan-form [name=budget_step]", "20,000")
    page.fill("#plan-form [name=learning_rate]", "fast")
    page.click("#plan-form button")
    assert "“fast”; expected a number" in visit.text("#plan-form [name=learning_rate] + .fault")
    page.fill("#plan-form [name=learning_rate]", "1e-3")
    page.click("#plan-form button")
    playwright.expect(page.locator("#plan-body tbody tr").nth(1)).to_contain_text("no verdict")
    assert page.locator("#plan-form .fault").count() == 0
    assert "No verdict for weight decay 1000: weight decay is 1000" in visit.text("#plan-body .warnings")
    assert all("422" in error for error in visit.errors)  # the browser says so of any refusal
    visit.errors.clear()


def test_a_keyboard_reaches_all_of_it(visit: Visit) -> None:
    page = visit.page

    def focused() -> object:
        return page.evaluate("document.activeElement.id || document.activeElement.name")

    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "To the content"
    for _ in range(12):
        if focused() == "example":
            break
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_selector("#answer .headline")
    wait_for(lambda: focused() == "answer-title")
    for _ in range(12):  # through what is chosen above it
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.matches('#answer .curves .chart')"):
            break
    page.keyboard.press("End")
    playwright.expect(page.locator("#answer .readout")).to_contain_text("Step 1,000: train_acc 1")


def test_every_control_and_picture_has_a_name(visit: Visit) -> None:
    visit.page.click("#example")
    visit.page.wait_for_selector("#answer .headline")
    nameless = visit.page.evaluate(
        """() => [...document.querySelectorAll("input, button, a, [role=img], meter, [role=region]")]
            .filter((e) => e.checkVisibility() && !(e.labels?.length || e.ariaLabel || e.textContent.trim()))
            .map((e) => e.outerHTML)"""
    )
    assert nameless == []
    for landmark in ("main", "banner", "navigation"):
        assert visit.page.get_by_role(landmark).count() == 1


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_phone_never_scrolls_sideways(open_page: Callable[..., Visit], page_service: str, scheme: str) -> None:
    size = {"width": 360, "height": 740}
    visit = open_page(page_service, viewport=size, color_scheme=scheme)
    visit.page.click("#example")
    visit.page.wait_for_selector("#answer .headline")
    visit.page.wait_for_selector("#forecaster .tiles")
    assert visit.page.evaluate("document.documentElement.scrollWidth") <= 360


def test_a_key_is_asked_for_and_stays_in_the_tab(open_page: Callable[..., Visit], tmp_path: Path) -> None:
    for address in served_page(tmp_path):
        key = make_key(tmp_path)
        visit = open_page(address)
        visit.page.wait_for_selector("#key-form:not([hidden])")
        assert "needs a key" in visit.text("#key-note")
        visit.page.fill("#key", key)
        visit.page.keyboard.press("Enter")
        playwright.expect(visit.page.locator("#runs-state")).to_have_text("live")
        visit.page.wait_for_selector("#forecaster .tiles")
        kept = visit.page.evaluate("[localStorage.length, sessionStorage.length, document.cookie]")
        assert kept == [0, 1, ""]
        visit.page.click("#forget-key")
        assert visit.page.evaluate("sessionStorage.length") == 0
        visit.page.context.close()


def test_nothing_written_into_the_page_can_run(page_service: str) -> None:
    answer = ask("GET", page_service)
    policy = answer.headers["content-security-policy"]
    assert "unsafe" not in policy
    assert "default-src 'none'" in policy
    assert ask("GET", f"{page_service}/page/%2e%2e/app.py").status_code == 404


def test_the_example_is_the_one_of_the_documentation() -> None:
    page = ROOT / "api/page"
    assert (page / "example.csv").read_bytes() == HISTORY.read_bytes()
    assert (page / "example_context.json").read_text() == (ROOT / "examples/context.json").read_text()
