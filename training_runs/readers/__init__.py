"""Runs recorded elsewhere, read into trajectories: one file of `tools` per tool, and tables."""

from training_runs.readers.formats import FORMATS, read_recording
from training_runs.readers.recording import ReadOptions, Recording
from training_runs.readers.sources import read_source_folder

__all__ = ["FORMATS", "Recording", "ReadOptions", "read_recording", "read_source_folder"]
