"""The first entries: baselines of the benchmark, each a file as anybody would send it."""
