"""Coverage-guided fuzzing of every parser of input from outside: `make fuzz`."""
