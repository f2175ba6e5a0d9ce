"""What is healthy in a running environment: one file per check."""
