"""Hooks of this package."""
