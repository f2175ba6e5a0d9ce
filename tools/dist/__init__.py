"""Builds what is released: `python -m tools.dist`."""
