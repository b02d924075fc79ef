import gzip
import subprocess
import sys
import tarfile
from itertools import permutations

import numpy as np
import pytest
import torch

from training_runs import InvalidInput
from training_runs.config import ARCHITECTURES, RunConfig
from training_runs.generator.augmentation import augmented
from training_runs.generator.networks import NETWORKS, network_of
from training_runs.generator.stack import generator_of
from training_runs.generator.tasks import make_task
from training_runs.tasks import FAMILIES, family_of
from training_runs.tasks.groups import cayley_table
from training_runs.tasks.polynomials import polynomial


def task_of(data_dir=None, **fields):
    config = RunConfig(**fields)
    return make_task(config, generator_of(config, "data"), data_dir)


OPERATIONS = {
    "add": lambda a, b, p: (a + b) % p,
    "sub": lambda a, b, p: (a - b) % p,
    "mul": lambda a, b, p: a * b % p,
    "x2_y2": lambda a, b, p: (a**2 + b**2) % p,
    "x2_xy_y2": lambda a, b, p: (a**2 + a * b + b**2) % p,
    "x3_xy": lambda a, b, p: (a**3 + a * b) % p,
}


@pytest.mark.parametrize("operation", OPERATIONS)
def test_modular_labels_are_the_arithmetic(operation):
    task = task_of(operation=operation, modulus=7)
    for (a, b), label in zip(task.inputs.tolist(), task.labels.tolist(), strict=True):
        assert label == OPERATIONS[operation](a, b, 7)


def test_division_is_the_inverse_of_multiplication_and_leaves_zero_out():
    task = task_of(operation="div", modulus=11)
    assert len(task.labels) == 110
    for (a, b), label in zip(task.inputs.tolist(), task.labels.tolist(), strict=True):
        assert b != 0
        assert label * b % 11 == a


def test_a_random_table_has_no_structure_and_is_its_seeds_own():
    a, b = (task_of(operation="random_table", modulus=31, seed=s) for s in (0, 1))
    assert (a.labels == b.labels).float().mean() < 0.1
    assert abs((a.labels == a.labels.view(31, 31).T.flatten()).float().mean() - 2 / 31) < 0.04


POLYNOMIALS = {
    "a*b+a": lambda a, b: a * b + a,
    "(a+b)^2": lambda a, b: (a + b) ** 2,
    "2*a + 3*b": lambda a, b: 2 * a + 3 * b,
    "a^3-b^2*(a-10)": lambda a, b: a**3 - b**2 * (a - 10),
}


@pytest.mark.parametrize("text", POLYNOMIALS)
def test_polynomials_are_those_of_their_text(text):
    task = task_of(task_family="polynomials", polynomial=text, modulus=7)
    assert len(task.labels) == 49
    for (a, b), label in zip(task.inputs.tolist(), task.labels.tolist(), strict=True):
        assert label == POLYNOMIALS[text](a, b) % 7


def test_large_powers_do_not_overflow():
    value = polynomial("(a*b+a)^9")(torch.tensor(996), torch.tensor(990), 997)
    assert int(value) == (996 * 990 + 996) ** 9 % 997


@pytest.mark.parametrize(
    "text", ["", "a", "3*b", "a+c", "a/b", "a^b", "a^0", "a^10", "a*b+1.5", "f(a,b)", "a+", "-a+b"]
)
def test_what_is_no_polynomial_in_a_and_b_is_refused(text):
    with pytest.raises(InvalidInput, match=r"expected one in a and b, .* as a\^2\+3\*b"):
        RunConfig(task_family="polynomials", polynomial=text)


def test_a_polynomials_modulus_is_a_prime():
    with pytest.raises(InvalidInput, match="a prime number"):
        RunConfig(task_family="polynomials", modulus=12)


def test_permutations_compose():
    task = task_of(task_family="permutation", train_fraction=0.4)
    group = list(permutations(range(5)))
    for k in range(0, 14_400, 997):
        f, g = (group[i] for i in task.inputs[k].tolist())
        assert group[task.labels[k]] == tuple(f[g[x]] for x in range(5))
    assert len(task.train) == round(0.4 * 14_400)


GROUPS = {
    "C24": 24,
    "D12": 24,
    "Q8": 8,
    "Q24": 24,
    "S4": 24,
    "A4": 12,
    "A5": 60,
    "S5": 120,
    "A4xC2": 24,
    "Q8xC3": 24,
    "S4xC5": 120,
    "C2xC2xC6": 24,
}


@pytest.mark.parametrize("name", GROUPS)
def test_a_groups_table_is_that_of_a_group(name):
    table = cayley_table(name)
    n = GROUPS[name]
    assert table.shape == (n, n)
    np.testing.assert_array_equal(table[0], np.arange(n))
    np.testing.assert_array_equal(table[:, 0], np.arange(n))
    for each in (table, table.T):  # every row and column has all elements, so that each has an inverse
        np.testing.assert_array_equal(np.sort(each, axis=1), np.tile(np.arange(n), (n, 1)))
    np.testing.assert_array_equal(table[table], table[:, table])  # (a b) c = a (b c)


# How many elements are their own inverse, and how many commute with all: they tell groups of one order apart.
@pytest.mark.parametrize(
    ("name", "involutions", "center"),
    [
        ("C24", 1, 24),
        ("C2xC12", 3, 24),
        ("D12", 13, 2),
        ("Q24", 1, 2),
        ("S4", 9, 1),
        ("A4xC2", 7, 2),
        ("Q8xC3", 1, 6),
        ("A5", 15, 1),
        ("S5", 25, 1),
    ],
)
def test_groups_are_those_of_their_names(name, involutions, center):
    table = cayley_table(name)
    assert (np.diag(table)[1:] == 0).sum() == involutions
    assert (table == table.T).all(axis=1).sum() == center


def test_runs_of_groups_compose_and_s5_is_that_of_permutations():
    task = task_of(task_family="groups", group="A4xC2", train_fraction=0.5)
    a, b = task.inputs.T
    np.testing.assert_array_equal(task.labels, cayley_table("A4xC2")[a, b])
    assert len(task.train) == len(task.val) == 288
    s5, permutation = (task_of(task_family=f, group="S5") for f in ("groups", "permutation"))
    assert torch.equal(s5.inputs, permutation.inputs)
    assert torch.equal(s5.labels, permutation.labels)


@pytest.mark.parametrize("name", ["", "S6", "A3", "Q10", "C1", "D2", "E8", "S4 x C2", "S5xC2", "c24", "C024", "S4x"])
def test_a_group_that_there_is_not_is_refused(name):
    with pytest.raises(InvalidInput, match="group"):
        RunConfig(task_family="groups", group=name)


def test_parity_is_of_the_first_bits_and_undecided_by_the_others():
    task = task_of(task_family="parity", architecture="mlp", bits=10, train_samples=500)
    negative = (task.inputs[:, :3] > 0).sum(1) % 2
    assert torch.equal(negative, task.labels)
    assert abs(task.labels.float().mean() - 0.5) < 0.02
    with pytest.raises(InvalidInput, match="at most bits"):
        task_of(task_family="parity", architecture="mlp", bits=2)


@pytest.mark.parametrize("coordinates", [1, 2, 3])
def test_clusters_are_labelled_by_the_parity_of_their_corner(coordinates):
    fields = {
        "task_family": "clusters",
        "architecture": "mlp",
        "dimensions": 20,
        "train_samples": 500,
    }
    task = task_of(**fields, parity_bits=coordinates)
    corner = (task.inputs[:, :coordinates] > 0).sum(1) % 2
    # A coordinate is on the wrong side once in 741 times, three standard deviations from its centre.
    wrong = (corner != task.labels).float().mean()
    assert abs(wrong - 0.00135 * coordinates) < 0.002
    assert abs(task.labels.float().mean() - 0.5) < 0.02
    apart = task_of(**fields, parity_bits=coordinates, separation=6.0)
    assert torch.equal((apart.inputs[:, :coordinates] > 0).sum(1) % 2, apart.labels)
    # Nothing else tells: no other coordinate, and no proper subset of the corner's.
    signs = torch.sign(task.inputs)
    told = torch.sign(task.labels - 0.5)[:, None] * signs
    assert told[:, coordinates:].mean(0).abs().max() < 0.03
    if coordinates > 1:
        assert told[:, :coordinates].mean(0).abs().max() < 0.03


def test_clusters_of_one_size_share_their_inputs():
    two, three = (task_of(task_family="clusters", architecture="mlp", parity_bits=k, seed=k) for k in (2, 3))
    assert torch.equal(two.inputs, three.inputs)


@pytest.mark.parametrize("wrong", [{"dimensions": 2}, {"parity_bits": 4}])
def test_a_corner_has_three_coordinates(wrong):
    with pytest.raises(InvalidInput, match="3"):
        task_of(task_family="clusters", architecture="mlp", **wrong)


@pytest.mark.parametrize("units", [1, 2, 5])
def test_a_teachers_labels_are_balanced_and_read_off_its_own_directions(units):
    task = task_of(
        task_family="teacher", architecture="mlp", dimensions=20, teacher_units=units, train_samples=500, seed=units
    )
    assert abs(task.labels.float().mean() - 0.5) < 0.02
    correlation = ((2 * task.labels - 1)[:, None] * task.inputs).mean(0)
    assert correlation[:units].abs().min() > 0.2
    assert torch.equal(correlation[:units] > 0, torch.arange(units) % 2 == 0)
    assert correlation[units:].abs().max() < 0.03
    other = task_of(task_family="teacher", architecture="mlp", dimensions=20, teacher_units=units, train_samples=500)
    assert torch.equal(task.inputs, other.inputs)
    assert torch.equal(task.labels, other.labels)


@pytest.mark.parametrize("units", [0, 21])
def test_a_teacher_reads_some_of_its_inputs(units):
    with pytest.raises(InvalidInput, match="teacher_units is .* from 1 to dimensions, 20"):
        RunConfig(task_family="teacher", architecture="mlp", dimensions=20, teacher_units=units)


@pytest.mark.parametrize(
    "fields",
    [
        {"modulus": 11},
        {"task_family": "polynomials", "modulus": 11},
        {"task_family": "teacher", "architecture": "mlp", "train_samples": 100},
        {"task_family": "parity", "architecture": "mlp", "train_samples": 100},
        {"task_family": "clusters", "architecture": "mlp", "train_samples": 100},
        {"task_family": "digits", "architecture": "mlp", "train_samples": 300},
    ],
)
def test_splits_share_nothing_and_miss_nothing(fields):
    task = task_of(**fields)
    assert not set(task.train.tolist()) & set(task.val.tolist())
    assert len(task.train) + len(task.val) == len(task.labels)
    other = task_of(**fields, seed=1)
    assert not torch.equal(task.train, other.train)


def test_label_noise_touches_training_labels_only():
    clean, noisy = (task_of(modulus=31, label_noise=n) for n in (0.0, 0.5))
    assert torch.equal(clean.labels[clean.val], noisy.labels[noisy.val])
    changed = (clean.labels != noisy.labels)[clean.train].float().mean()
    assert abs(changed - 0.5 * 30 / 31) < 0.06


def write_idx(path, array):
    header = b"\x00\x00\x08" + bytes([array.ndim]) + np.array(array.shape, ">u4").tobytes()
    path.write_bytes(gzip.compress(header + array.astype(np.uint8).tobytes()))


@pytest.fixture
def mnist(tmp_path):
    rng = np.random.default_rng(0)
    for part, n in (("train", 60_000), ("t10k", 50)):
        write_idx(tmp_path / f"{part}-images-idx3-ubyte.gz", rng.integers(0, 256, (n, 2, 2)))
        write_idx(tmp_path / f"{part}-labels-idx1-ubyte.gz", np.arange(n) % 10)
    return tmp_path


MNIST = {"task_family": "mnist", "architecture": "mlp", "train_samples": 200}


def test_mnist_is_read_from_idx_files_and_validates_on_its_test_set(mnist):
    task = task_of(mnist, **MNIST)
    assert task.inputs.shape == (60_050, 4)
    assert task.inputs.max() == 1.0
    assert len(task.train) == 200
    assert task.train.max() < 60_000
    assert task.val.tolist() == list(range(60_000, 60_050))
    assert torch.equal(task.labels[task.val], torch.arange(50) % 10)


def test_missing_and_damaged_mnist_say_which_file(mnist):
    (mnist / "empty").mkdir()
    with pytest.raises(InvalidInput, match="t10k-labels"):
        task_of(mnist / "empty", **MNIST)
    other = mnist.rename(mnist.with_name("damaged"))
    (other / "train-images-idx3-ubyte.gz").write_bytes(b"not gzip")
    with pytest.raises(InvalidInput, match="train-images-idx3-ubyte.gz"):
        task_of(other, **MNIST)


@pytest.fixture
def reviews(tmp_path):
    for part in ("train", "test"):
        for label, word in (("pos", "good"), ("neg", "bad")):
            folder = tmp_path / "aclImdb" / part / label
            folder.mkdir(parents=True)
            for k in range(5):
                (folder / f"{k}_7.txt").write_text(f"A {word} film<br />number {k}. " * (1 + 20 * k))
    (tmp_path / "aclImdb" / "train" / "unsup").mkdir()
    (tmp_path / "aclImdb" / "train" / "unsup" / "0_0.txt").write_text("no verdict")
    return tmp_path / "aclImdb"


REVIEWS = {"task_family": "reviews", "architecture": "lstm", "train_samples": 6}


def test_reviews_come_from_a_folder_or_its_archive(reviews):
    task = task_of(reviews, **REVIEWS)
    assert task.inputs.shape == (20, 80)
    assert len(task.train) == 6
    assert task.val.tolist() == list(range(10, 20))
    assert task.labels.sum() == 10
    with tarfile.open(reviews.parent / "a.tar.gz", "w:gz") as archive:
        archive.add(reviews, "aclImdb")
    again = task_of(reviews.parent / "a.tar.gz", **REVIEWS)
    assert torch.equal(task.inputs, again.inputs)
    assert torch.equal(task.labels, again.labels)


def test_reviews_are_mixed(reviews):
    """Networks are measured on the first samples of a split: sorted by path, those would all be negative."""
    task = task_of(reviews, **REVIEWS)
    assert 0 < task.labels[:6].sum() < 6
    assert 0 < task.labels[10:16].sum() < 6


def test_frequent_words_are_the_first_that_say_something(reviews):
    """Each review says "A good film<br />number 3.", once or often; "a" and what is left of <br /> are stop words."""
    task = task_of(reviews, **REVIEWS, vocabulary=6, review_words=4, frequent_words=True)
    rows = task.inputs.tolist()
    film, number, *verdicts = 2, 3, 4, 5
    once, often = [{tuple([0] * k + [w, film, number, w][: 4 - k]) for w in verdicts} for k in (1, 0)]
    assert {tuple(row) for row in rows} == once | often
    assert (
        len(
            {(row[-3] if row[0] == 0 else row[0], label) for row, label in zip(rows, task.labels.tolist(), strict=True)}
        )
        == 2
    )


def test_of_few_bits_no_input_is_drawn_twice():
    for bits, count in ((5, 32), (12, 4096), (16, 20_000)):
        task = task_of(task_family="parity", architecture="mlp", bits=bits, train_samples=20)
        assert len(task.inputs) == len(torch.unique(task.inputs, dim=0)) == count
        assert set(task.inputs.unique().tolist()) == {-1.0, 1.0}


def test_reviews_without_a_directory_say_how_to_give_one(tmp_path, monkeypatch):
    monkeypatch.delenv("GROKCAST_IMDB_DIR", raising=False)
    with pytest.raises(InvalidInput, match="GROKCAST_IMDB_DIR"):
        task_of(None, **REVIEWS)
    with pytest.raises(InvalidInput, match="train/pos"):
        task_of(tmp_path, **REVIEWS)


def test_augmentation_turns_and_blurs_only_where_asked():
    config = RunConfig(task_family="digits", architecture="mlp", train_samples=10)
    images = torch.rand(2, 10, 64)
    generators = [torch.Generator().manual_seed(k) for k in range(2)]
    strong = RunConfig(task_family="digits", architecture="mlp", train_samples=10, augmentation=0.5)
    assert augmented(images, [config, config], generators, [10, 10]) is images
    out = augmented(images, [config, strong], generators, [10, 8])
    assert torch.equal(out[0], images[0])
    assert not torch.allclose(out[1, :8], images[1, :8])
    assert torch.equal(out[1, 8:], images[1, 8:])  # rows that only pad
    # Hardly any turn and hardly any blur leave an image nearly as it was.
    faint = RunConfig(task_family="digits", architecture="mlp", train_samples=10, augmentation=1e-3)
    torch.testing.assert_close(augmented(images[:1], [faint], generators[:1], [10]), images[:1], atol=0.02, rtol=0)


@pytest.mark.parametrize("name", [n for n in FAMILIES if n not in ("mnist", "reviews")])
def test_a_family_makes_what_it_says(name):
    family = family_of(name)
    config = RunConfig(task_family=name, architecture=family.networks[0], modulus=7, bits=9)
    task = make_task(config, generator_of(config, "data"))
    assert len(task.labels) == len(task.inputs) == config.samples
    assert sorted([*task.train.tolist(), *task.val.tolist()]) == list(range(config.samples))
    assert set(task.labels.tolist()) == set(range(config.classes))
    if task.inputs.is_floating_point():
        assert task.inputs.shape == (config.samples, family.inputs(config))
    else:
        assert set(task.inputs.flatten().tolist()) == set(range(family.inputs(config)))


@pytest.mark.parametrize(("name", "network"), [(n, a) for n, f in FAMILIES.items() for a in f.networks])
def test_every_network_of_a_family_reads_it(name, network):
    config = RunConfig(task_family=name, architecture=network, modulus=7, bits=9)
    parameters = network_of(config).shapes()
    assert [shape[-1] for n, shape in parameters.items() if n.startswith("output")][-1] == config.classes


def test_an_unknown_family_is_refused_by_naming_those_that_are_known():
    with pytest.raises(InvalidInput, match="task_family is 'chess'; expected one of .*modular.*reviews"):
        RunConfig(task_family="chess")


def test_every_architecture_has_a_network():
    assert set(NETWORKS) == set(ARCHITECTURES) == {a for f in FAMILIES.values() for a in f.networks}


def test_what_follows_from_a_config_is_known_without_torch():
    code = "import sys; sys.modules['torch'] = None; from training_runs.config import RunConfig; " + (
        "from training_runs.tasks import FAMILIES; "
        "print(*(RunConfig(task_family=n, architecture=f.networks[0]).classes for n, f in FAMILIES.items()))"
    )
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert len(shown.split()) == len(FAMILIES)
