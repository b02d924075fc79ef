"""Authentication: keys, scopes and rate limits."""
