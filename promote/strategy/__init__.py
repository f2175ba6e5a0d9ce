"""Strategies that are commits: blue-green by the selector of a Service, and a canary by weights or replicas."""
