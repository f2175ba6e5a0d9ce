"""Sync engines: which of their objects deliver an environment, and what they say of it."""
