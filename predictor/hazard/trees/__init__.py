"""LightGBM's trees, read, evaluated and explained without LightGBM."""
