"""Which configurations a model may see. Every split in the project goes through here."""

import hashlib

import numpy as np
from numpy.typing import NDArray

N_FOLDS = 5


def fold_of(configuration: NDArray[np.str_], purpose: str) -> NDArray[np.int64]:
    """Return the fold of each configuration, 0 to 4, from a hash of its identifier.

    Seeds of one configuration fall together, and a configuration stays in its fold as the corpus grows: two
    forecasters fitted on different corpora have the same held-out configurations. Of an identifier with a slash the part
    before the last one is hashed: that is the source of runs recorded elsewhere, which is seen as a whole or not at all.

    >>> fold_of(np.array(["a", "b", "a"]), "fit").tolist()[0::2]
    [4, 4]
    """
    unique, inverse = np.unique(configuration, return_inverse=True)
    hashes = [hashlib.sha256(f"{purpose}/{c.rpartition('/')[0] or c}".encode()).digest() for c in unique]
    folds = np.array([int.from_bytes(h[:8], "big") % N_FOLDS for h in hashes], dtype=np.int64)
    return folds[inverse]
