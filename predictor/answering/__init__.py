"""From a curve to an answer: support, drivers, advice, and the forecast that is handed out."""
