"""What a change does: rendered before and after, compared, and judged."""
