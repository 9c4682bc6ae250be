"""The analytics tables: people as numbers, what they did, what may be done, what they belong to."""
