"""Runs recorded elsewhere, read into trajectories: one file per kind of source."""

from training_runs.readers.names import Recording
from training_runs.readers.sources import read_source_folder
from training_runs.readers.tables import FORMATS, read_recording

__all__ = ["FORMATS", "Recording", "read_recording", "read_source_folder"]
