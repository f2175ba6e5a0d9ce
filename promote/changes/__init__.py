"""What a change is: which images move, read from one commit, and the proposal that is proved and judged."""
