"""The content of a repository: promote.yaml, environments, private copies of commits, and history."""
