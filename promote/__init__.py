"""Promote image versions between Kubernetes environments that live in a Git repository."""

__version__ = "0.1.0"
