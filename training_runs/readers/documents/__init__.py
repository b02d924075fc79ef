"""JSON, TOML and YAML as people dump them: lists beside a config, records under any key, nested splits, one part a run."""

from training_runs.readers.documents.keys import are_records, leaves
from training_runs.readers.documents.other_notations import in_another_notation
from training_runs.readers.documents.runs import runs_of
from training_runs.readers.documents.text import document_of

__all__ = ["are_records", "document_of", "in_another_notation", "leaves", "runs_of"]
