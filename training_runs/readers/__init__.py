"""Runs recorded elsewhere, read into trajectories: one file of `tools` per tool, and tables."""

from training_runs.readers.contents import (
    read_content,
    read_contents,
    read_recorded,
    read_recording,
    require_within,
    unarchived,
)
from training_runs.readers.formats import FORMATS, Recorded
from training_runs.readers.merged_files import merged_files, names_of_files
from training_runs.readers.recording import Reading, ReadOptions, ReadRun, Recording, UnreadColumns
from training_runs.readers.runs import read_history
from training_runs.readers.sources import read_source_folder

__all__ = [
    "FORMATS",
    "Reading",
    "Recorded",
    "ReadOptions",
    "ReadRun",
    "Recording",
    "UnreadColumns",
    "merged_files",
    "names_of_files",
    "read_content",
    "read_contents",
    "read_history",
    "read_recorded",
    "read_recording",
    "read_source_folder",
    "require_within",
    "unarchived",
]
