"""The changes of `check --fix`, and the proof that they fix the findings and nothing else."""
