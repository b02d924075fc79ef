"""MNIST from its four IDX files (LeCun, Cortes & Burges): a directory given, or downloaded once with a checksum."""

from __future__ import annotations

import gzip
import hashlib
import os
import urllib.request
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from training_runs.errors import InvalidInput
from training_runs.tasks.task import Task, TaskFamily

if TYPE_CHECKING:
    import torch
    from torch import Tensor

    from training_runs.config import RunConfig

_SOURCE = "https://ossci-datasets.s3.amazonaws.com/mnist/"
_TRAIN = 60_000  # the first rows; the other 10,000 are the published test set
# SHA-256 of the files whose MD5 sums were published with them.
_FILES = {
    "train-images-idx3-ubyte.gz": "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609",
    "train-labels-idx1-ubyte.gz": "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c",
    "t10k-images-idx3-ubyte.gz": "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6",
    "t10k-labels-idx1-ubyte.gz": "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6",
}


def mnist_task(config: RunConfig, generator: torch.Generator, data_dir: Path | None) -> Task:
    """Return all 70,000 images, pixels in [0, 1], flattened; runs train on rows of the published training set."""
    import torch

    images, labels = _mnist(_directory(data_dir))
    size = min(config.train_size, _TRAIN)
    train = torch.randperm(_TRAIN, generator=generator)[:size].sort().values
    return Task(images, labels, train, torch.arange(_TRAIN, len(labels)))


def _directory(data_dir: Path | None) -> Path:
    given = data_dir or os.environ.get("GROKCAST_MNIST_DIR")
    if given is None:
        import platformdirs  # here, so that machines that train other tasks can do without

        folder = Path(platformdirs.user_cache_dir("grokcast")) / "mnist"
        _download(folder)
        return folder
    missing = [f for f in _FILES if not (Path(given) / f).is_file()]
    if missing:
        raise InvalidInput(field="MNIST directory", value=str(given), expected=f"to hold {', '.join(missing)}")
    return Path(given)


def _download(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, checksum in _FILES.items():
        if (folder / name).is_file():
            continue
        try:
            with urllib.request.urlopen(_SOURCE + name, timeout=60) as answer:
                content = answer.read()
        except OSError as error:
            raise InvalidInput(
                field="MNIST",
                value=f"a failed download ({error})",
                expected="the four IDX files",
                hint="set GROKCAST_MNIST_DIR or --data-dir to a directory that holds them",
            ) from None
        if hashlib.sha256(content).hexdigest() != checksum:
            raise InvalidInput(field=name, value="a download", expected=f"SHA-256 {checksum}")
        aside = folder / f".{name}.{os.getpid()}"
        aside.write_bytes(content)
        os.replace(aside, folder / name)


@cache
def _mnist(folder: Path) -> tuple[Tensor, Tensor]:
    import torch

    images = [_read_idx(folder / f"{part}-images-idx3-ubyte.gz") for part in ("train", "t10k")]
    labels = [_read_idx(folder / f"{part}-labels-idx1-ubyte.gz") for part in ("train", "t10k")]
    pixels = torch.tensor(np.concatenate(images), dtype=torch.float32).flatten(1) / 255
    return pixels, torch.tensor(np.concatenate(labels), dtype=torch.int64)


def _read_idx(path: Path) -> np.ndarray:
    """Return the array in an IDX file of unsigned bytes."""
    try:
        content = gzip.decompress(path.read_bytes())
        if content[:3] != b"\x00\x00\x08":
            raise ValueError("no IDX header of unsigned bytes")
        n_dims = content[3]
        shape = np.frombuffer(content, ">u4", n_dims, 4)
        return np.frombuffer(content, np.uint8, offset=4 + 4 * n_dims).reshape(shape)
    except (OSError, EOFError, ValueError, IndexError) as error:
        raise InvalidInput(
            field=str(path), value=f"a damaged file ({error})", expected="an IDX file, gzipped"
        ) from None


FAMILY = TaskFamily(
    name="mnist",
    networks=("mlp",),
    classes=lambda config: 10,
    samples=lambda config: 70_000,
    inputs=lambda config: 784,
    make=mnist_task,
)
