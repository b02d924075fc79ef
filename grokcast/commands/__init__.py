"""The commands of `grokcast`, one file for each thing that they are about."""
