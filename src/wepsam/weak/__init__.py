"""Weak labels: teacher maps of unannotated photographs, and which of them to learn from."""
