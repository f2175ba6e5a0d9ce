"""What a repository holds: promote.yaml, environments, private copies of commits, and history."""
