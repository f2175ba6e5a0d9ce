"""What runs in a cluster, next to what Git says: state, health, and the wait for a rollout."""
