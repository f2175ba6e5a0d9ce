"""What an API server refuses, beyond the types that its published schemas give."""
