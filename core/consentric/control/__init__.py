"""The control store: runs, plans, outbox, bookmarks, mirror and ownership; a record by its rref only."""
