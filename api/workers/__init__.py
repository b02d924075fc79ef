"""What the service does beside answering: forecasts of live runs, events, retrainings, webhooks."""
