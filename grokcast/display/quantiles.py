"""Quantiles of the onset step, in words."""

from predictor.forecast import Quantiles


def onset_range(quantiles: Quantiles, supported_until_step: int) -> str:
    """Return median and 90 % interval; a quantile that is None lies beyond the supported range."""
    end = f"> {supported_until_step:,}"
    if quantiles.p05 is None:
        return f"beyond the supported range ({end})"
    median = "beyond the supported range" if quantiles.p50 is None else f"step {quantiles.p50:,}"
    high = end if quantiles.p95 is None else f"{quantiles.p95:,}"
    return f"median {median} (90 %: {quantiles.p05:,} to {high})"
