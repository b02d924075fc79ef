"""The HTTP service: JSON in, forecasts out. Contracts in docs/service.md; no torch is imported here."""
