"""The routes, and what they are handed."""
