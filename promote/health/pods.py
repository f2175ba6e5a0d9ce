"""Deployments and DaemonSets: whether all of their pods are ready, and why not."""

from __future__ import annotations

from promote.health.protocol import Check, rows_of

CHECK = Check("Pods", lambda subject: rows_of(subject, ("Deployment", "DaemonSet")))
