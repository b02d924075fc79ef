"""What a set of runs holds: its summary, its noise floor, and the page that shows them in tables and plots."""
