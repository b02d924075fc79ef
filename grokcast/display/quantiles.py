"""Quantiles of the onset step, in words."""

from predictor.forecast import EpochQuantiles, Quantiles


def onset_range(quantiles: Quantiles, supported_until_step: int) -> str:
    """Return median and 90 % interval; a quantile that is None lies beyond the supported range."""
    end = f"> {supported_until_step:,}"
    if quantiles.p05 is None:
        return f"beyond the supported range ({end})"
    median = "beyond the supported range" if quantiles.p50 is None else f"step {quantiles.p50:,}"
    high = end if quantiles.p95 is None else f"{quantiles.p95:,}"
    return f"median {median} (90 %: {quantiles.p05:,} to {high})"


def delay_range(steps: Quantiles, epochs: EpochQuantiles | None) -> str:
    """Return how long after memorisation the rise is expected, in steps, and in epochs where they are known."""
    if steps.status == "not_known_yet":
        return "not known yet: it is counted from memorisation, whose step no signal shows"
    if steps.p50 is None or steps.p05 is None:
        return "beyond the supported range"
    high = "beyond the supported range" if steps.p95 is None else f"{steps.p95:,}"
    in_epochs = "" if epochs is None or epochs.p50 is None else f", {epochs.p50:,.4g} epochs"
    return f"rise expected about {steps.p50:,} steps{in_epochs} after memorisation (90 %: {steps.p05:,} to {high})"
