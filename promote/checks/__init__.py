"""Findings: what kubeconform, conftest and the completeness checks say about rendered manifests."""
