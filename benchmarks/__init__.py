"""Programs that measure: how much CPU and memory each stage takes, and whether it grows in proportion."""
