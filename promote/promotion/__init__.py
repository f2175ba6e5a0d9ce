"""What is decided: which change is made, how it is delivered and merged, and what a commit made of it."""
