"""The report: six pictures of the segments with the tables behind them, and what may leave as a file."""
