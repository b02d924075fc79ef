"""Runs recorded elsewhere, read into trajectories: one file of `tools` per tool, and tables."""

from training_runs.readers.formats import FORMATS, read_content, read_recording
from training_runs.readers.recording import Reading, ReadOptions, ReadRun, Recording, UnreadColumns
from training_runs.readers.runs import read_history
from training_runs.readers.sources import read_source_folder

__all__ = [
    "FORMATS",
    "Reading",
    "ReadOptions",
    "ReadRun",
    "Recording",
    "UnreadColumns",
    "read_content",
    "read_history",
    "read_recording",
    "read_source_folder",
]
