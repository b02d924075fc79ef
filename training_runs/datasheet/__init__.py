"""What a set of runs holds: its summary, its noise floor, and the page that says so in tables and plots."""
