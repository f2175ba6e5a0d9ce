"""Sets up what the commands of this repository need: `python -m tools.setup GROUP`."""
