"""The tables and plots of a benchmark, in Markdown for the documents and as one HTML page."""
