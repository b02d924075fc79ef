"""Makes runs: presets of configs, trained in stacks, measured by probes, kept as they finish. Training needs torch."""
