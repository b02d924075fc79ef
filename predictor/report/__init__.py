"""The benchmark told: Markdown for the docs, and one HTML page with plots."""
