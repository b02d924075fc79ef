"""What can be seen of a running service: its log, and its figures."""
