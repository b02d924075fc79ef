"""The wire format: bodies, histories, requests, answers, problems."""
