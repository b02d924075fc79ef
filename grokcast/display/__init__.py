"""What people look at: lines and tables in a terminal, progress bars, the picture of a forecast."""
