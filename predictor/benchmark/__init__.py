"""How good forecasts are, on configurations that were not learnt from, beside every baseline."""
