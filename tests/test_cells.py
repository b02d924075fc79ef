"""Numbers in other forms: what a cell says is read once for all its kind, and told."""

import pytest

from tests.reading import Read, read as read, values
from training_runs import InvalidInput
from training_runs.readers.cells import unwrapped


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("0.98", 0.98),
        ("98%", 0.98),
        ("98.0 %", 0.98),
        ("tensor(0.98)", 0.98),
        ("tensor(0.98, device='cuda:0')", 0.98),
        ("tensor(0.98, grad_fn=<NllLossBackward0>)", 0.98),
        ("tensor([0.98], device='cuda:0', dtype=torch.float64)", 0.98),
        ("np.float64(0.98)", 0.98),
        ("np.float32(9.8e-1)", 0.98),
        ("array(0.98, dtype=float32)", 0.98),
        ("Array([0.98], dtype=float32)", 0.98),
        ("tf.Tensor(0.98, shape=(), dtype=float32)", 0.98),
        ("<tf.Tensor: shape=(), dtype=float32, numpy=0.98>", 0.98),
        ("Decimal('0.98')", 0.98),
        ("[0.98]", 0.98),
        ("(0.98,)", 0.98),
        ("  0.98\u00a0", 0.98),
        ("9.8e-1", 0.98),
        ("98/100", 0.98),
        ("0.98 \u00b1 0.01", 0.98),
        ("98.0 +/- 0.3 %", 0.98),
        ("-", None),
        ("--", None),
        ("\u2013", None),
        ("n/a", None),
        ("N/A", None),
        ("None", None),
        ("null", None),
        ("nan", None),
        ("tensor(nan)", None),
        ("inf", None),
        ("tensor(-inf)", None),
        ("", None),
    ],
)
def test_a_cell_is_read_in_any_form(read: Read, cell: str, expected: float | None) -> None:
    recording = read("h.csv", f'step,train_loss,val_acc\n10,1,0.5\n20,1,"{cell}"\n30,1,0.5\n')
    assert values(recording)["val_acc"] == [0.5, expected, 0.5]


@pytest.mark.parametrize("cell", ["oops", "0.9.8", "1,00", "0,1,2", "12,34", "tensor([0.1, 0.2])", "[0.1, 0.2]", "0x1"])
def test_what_is_no_number_is_named_with_its_row_and_column(read: Read, cell: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        read("h.csv", f'step,train_loss,val_acc\n10,1,0.5\n20,1.5,"{cell}"\n30,1,0.25\n40,1,0.75\n')
    assert "row 2, val_acc" in str(caught.value)
    assert repr(cell) in str(caught.value)


@pytest.mark.parametrize("thousands", ["1,000", "1 000", "1\u00a0000", "1\u202f000", "1'000", "1_000"])
def test_thousands_in_steps(read: Read, thousands: str) -> None:
    million = thousands + thousands[1:]
    recording = read("h.csv", f'step,val_acc\n500,0.1\n"{thousands}",0.2\n"{million}",0.3\n')
    assert values(recording)["step"] == [500, 1000, 1_000_000]


@pytest.mark.parametrize("separator", [";", "\t", "|"])
def test_decimal_commas_are_decided_for_the_whole_table(read: Read, separator: str) -> None:
    """3,922 alone may be thousands; 0,02 beside it proves that it is not, and 1.000 then is a thousand."""
    rows = ["step,train_loss,val_acc", "500,3{c}922,0{c}02", "1.000,4{c}137,0{c}03", "1.500,1.234{c}5,0{c}03"]
    recording = read("h.csv", "\n".join(row.replace(",", separator).format(c=",") for row in rows) + "\n")
    assert values(recording) == {
        "step": [500, 1000, 1500],
        "train_loss": [3.922, 4.137, 1234.5],
        "val_acc": [0.02, 0.03, 0.03],
    }
    assert "commas are read as decimal points" in recording.notes


def test_a_comma_divides_thousands_only_after_a_group_that_is_not_zero(read: Read) -> None:
    recording = read("h.csv", "step;val_acc\n100;0,001\n200;0,002\n")
    assert values(recording)["val_acc"] == [0.001, 0.002]
    recording = read("h.csv", "step;val_loss\n1,000;0.5\n2,000;0.25\n")
    assert values(recording) == {"step": [1000, 2000], "val_loss": [0.5, 0.25]}
    assert "commas are read as separators of thousands" in recording.notes


def test_a_number_of_very_many_digits_is_refused_at_once(read: Read) -> None:
    """Patterns took the square of its length: 900,000 digits held a worker up for minutes."""
    with pytest.raises(InvalidInput, match=r"row 1, step is '999"):
        read("h.csv", f"step,val_acc\n{'9' * 900_000},0.1\n20,0.1\n")


def test_decimal_commas_between_commas_are_refused(read: Read) -> None:
    with pytest.raises(InvalidInput, match="decimal commas between commas"):
        read("h.csv", "step,train_acc,val_acc\n100,0,98,0,02\n200,0,99,0,03\n")


def test_percent_in_cells_is_divided_once(read: Read) -> None:
    text = "step,{name}\n100,98.5%\n200,99%\n"
    for name, options in (("val_acc", {}), ("val acc (%)", {}), ("val_acc", {"percent": True})):
        assert values(read("h.csv", text.format(name=name), **options))["val_acc"] == [0.985, 0.99]


def test_columns_of_words_stay_words(read: Read) -> None:
    text = 'run_id,step,val_acc\n1,1,0.5\n1,2,0.5\n"a, b",1,0.5\n"a, b",2,0.5\n-,1,0.5\n-,2,0.5\n'
    assert set(read("h.csv", text).histories) >= {"1", "a, b"}


def test_only_arrays_of_one_number_are_unwrapped() -> None:
    assert unwrapped("tensor([1., 2.]) f(3) int(x)") == "tensor([1., 2.]) f(3) int(x)"
    assert unwrapped("loss=tensor(0.1234, device='cuda:0', grad_fn=<MeanBackward0>), acc=1") == "loss=0.1234, acc=1"
