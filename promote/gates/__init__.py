"""What a change waits for: the `Gate` protocol, and one file per gate."""
