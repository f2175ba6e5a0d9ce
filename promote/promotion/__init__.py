"""The use case: plan, propose, deliver, roll back, hold and verify a change of versions."""
