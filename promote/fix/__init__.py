"""What `check --fix` proposes, and the proof that it does that and nothing else."""
