"""What the service keeps: tables, and one store each for runs, forecasts and retrainings."""
