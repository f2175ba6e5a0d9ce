"""A running cluster, to read from: what promote asks an API server, and what its objects say."""
