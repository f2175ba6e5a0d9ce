"""Kustomize: rendering, layers, generators, where objects come from, and the diff of two renderings."""
