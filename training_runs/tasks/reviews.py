"""IMDb reviews (Maas et al. 2011) from an `aclImdb` directory or its tar.gz: positive or negative."""

from __future__ import annotations

import os
import random
import re
import tarfile
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from training_runs.errors import InvalidInput
from training_runs.tasks.task import Task, TaskFamily

if TYPE_CHECKING:
    import torch
    from torch import Tensor

    from training_runs.config import RunConfig

_NAME = re.compile(r"(?:^|/)(train|test)/(pos|neg)/[^/]+\.txt$")


def reviews_task(config: RunConfig, generator: torch.Generator, data_dir: Path | None) -> Task:
    """Return token rows, (n_reviews, review_words), padded in front; the data set's own split, training ones drawn.

    0 is padding, 1 any word that is none of the vocabulary, which is that of all training reviews.
    """
    import torch

    tokens, labels, n_train = _tokens(
        _source(data_dir), config.vocabulary, config.review_words, frequent=config.frequent_words
    )
    size = min(config.train_size, n_train)
    train = torch.randperm(n_train, generator=generator)[:size].sort().values
    return Task(tokens, labels, train, torch.arange(n_train, len(labels)))


def _source(data_dir: Path | None) -> Path:
    given = data_dir or os.environ.get("GROKCAST_IMDB_DIR")
    if given is None:
        raise InvalidInput(
            field="IMDb directory",
            value=None,
            expected="the aclImdb folder or its tar.gz",
            hint="give it with --data-dir or GROKCAST_IMDB_DIR",
        )
    path = Path(given)
    archives = sorted(path.glob("*.tar.gz")) if path.is_dir() else []
    return archives[0] if archives and not (path / "train").is_dir() else path


@cache
def _tokens(source: Path, vocabulary: int, length: int, *, frequent: bool) -> tuple[Tensor, Tensor, int]:
    """Return token rows and labels of all reviews, and how many of them, the first, are for training."""
    import torch
    from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS

    samples, n_train = _reviews(source)
    counts = Counter(word for words, _ in samples[:n_train] for word in words)
    if frequent:  # "br" is what is left of a line break
        stop_words = ENGLISH_STOP_WORDS | {"br"}
        counts = Counter({word: count for word, count in counts.items() if word not in stop_words and "'" not in word})
    index = {word: k + 2 for k, (word, _) in enumerate(counts.most_common(vocabulary - 2))}
    tokens = torch.zeros(len(samples), length, dtype=torch.int64)
    for row, (words, _) in zip(tokens, samples, strict=True):
        if frequent:
            numbers = [index[word] for word in words if word in index][:length] or [1]
        else:
            numbers = [index.get(word, 1) for word in words[-length:]] or [1]
        row[length - len(numbers) :] = torch.tensor(numbers)
    return tokens, torch.tensor([label for _, label in samples]), n_train


@cache
def _reviews(source: Path) -> tuple[list[tuple[list[str], int]], int]:
    """Return the words and the label of each review, and how many of them, the first, are for training."""
    parts: dict[str, list[tuple[list[str], int]]] = {"train": [], "test": []}
    for name, text in sorted(_texts(source)):
        found = _NAME.search(name)
        assert found is not None
        parts[found[1]].append((re.findall(r"[a-z']+", text.lower()), int(found[2] == "pos")))
    if not parts["train"] or not parts["test"]:
        raise InvalidInput(
            field="IMDb directory",
            value=str(source),
            expected="train/pos, train/neg, test/pos and test/neg with .txt files",
        )
    # Mixed: sorted by path all negative ones come first, and a part of a split is measured by its first samples.
    mixed = random.Random(0)
    for part in parts.values():
        mixed.shuffle(part)
    return parts["train"] + parts["test"], len(parts["train"])


def _texts(source: Path) -> Iterator[tuple[str, str]]:
    """Yield the name and text of each labelled review."""
    if source.is_dir():
        for path in source.rglob("*.txt"):
            if _NAME.search(path.as_posix()):
                yield path.as_posix(), path.read_text(errors="replace")
        return
    try:
        with tarfile.open(source) as archive:
            for member in archive:
                file = archive.extractfile(member) if _NAME.search(member.name) else None
                if file is not None:
                    yield member.name, file.read().decode(errors="replace")
    except (OSError, tarfile.TarError) as error:
        raise InvalidInput(
            field="IMDb directory",
            value=str(source),
            expected="aclImdb or its tar.gz",
            hint=str(error),
        ) from None


FAMILY = TaskFamily(
    name="reviews",
    networks=("lstm",),
    classes=lambda config: 2,
    samples=lambda config: 3000,
    inputs=lambda config: config.vocabulary,
    make=reviews_task,
)
