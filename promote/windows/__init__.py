"""Writes the freeze windows of promote.yaml for the sync engines, Argo CD and Flux."""
