"""The claim of Power et al. (arXiv 2201.02177) on stored runs of their size."""

import numpy as np

from predictor.reproduction import evidence
from predictor.reproduction.claim import Finding, Picture, at_least, graded, points
from predictor.reproduction.evidence import Runs

PAPER = "Power et al."
_MODULUS, _BETA2, _WIDTH = 97, 0.98, 128
_LONG = 10.0  # times the memorisation step


def late_generalisation(runs: Runs) -> Finding:
    """Test whether transformers of their size, trained as theirs, generalise many times later than they memorise."""
    of_size = [r for r in evidence.of(runs, "modular", "transformer") if r.run.context.modulus == _MODULUS]
    as_theirs = [r for r in of_size if r.run.context.beta2 == _BETA2 and r.run.context.embedding_dim == _WIDTH]
    memorised = [r for r in as_theirs if r.memorized.step is not None]
    tested = [r for r in memorised if r.generalized.step is not None]
    late = evidence.share(tested, lambda r: (r.delay_ratio or 0) >= _LONG)
    fraction = np.array([r.run.context.train_fraction or np.nan for r in tested])
    ratio = np.array([r.delay_ratio or np.nan for r in tested])
    return Finding(
        graded(at_least(late, 0.5), at_least(late, 0.1)),
        {
            "share of generalising runs whose onset is ten times memorisation or later": late,
            "onset over memorisation, median": evidence.median(tested, lambda r: r.delay_ratio or float("nan")),
            "largest": float(np.max(ratio, initial=0.0)),
            "share of memorising runs that generalise within their budget": evidence.share(
                memorised, lambda r: r.generalized.step is not None
            ),
        },
        memorised,
        Picture("train fraction", "onset / memorisation", [points("runs", fraction, ratio)], y_log=True),
    )
