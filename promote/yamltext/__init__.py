"""YAML as text: bounded reading of untrusted input, spans and pointers."""
