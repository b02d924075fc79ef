"""What the methods that a benchmark compares are called, in its results and in every table made of them."""

FORECASTER = "grokcast"
CONTEXT_BOOSTED = "context only, boosted"
CONTEXT_LINEAR = "context only, linear"
BEST_SINGLE_SIGNAL = "best single signal"
# Of the context alone; where one of them is quoted it is the stronger.
STRONGEST_BASELINES = (CONTEXT_BOOSTED, CONTEXT_LINEAR)
