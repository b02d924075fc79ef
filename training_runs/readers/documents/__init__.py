"""JSON as people dump it: lists beside a config, records under any key, nested splits, one part a run."""

from training_runs.readers.documents.runs import runs_of
from training_runs.readers.documents.text import document_of

__all__ = ["document_of", "runs_of"]
