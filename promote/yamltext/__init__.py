"""YAML as text: bounded reading of untrusted input, positions and pointers."""
