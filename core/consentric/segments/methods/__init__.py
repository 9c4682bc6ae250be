"""How people are scored: one file per method, each an expression that gives one row per scored person."""
