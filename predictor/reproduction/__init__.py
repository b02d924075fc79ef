"""The papers' claims, each tested by runs: by those that are stored, or by runs made for it."""
