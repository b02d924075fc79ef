"""What of this folder pytest leaves alone."""

collect_ignore = ["set_clock"]  # it replaces the clock of a process that starts with it
