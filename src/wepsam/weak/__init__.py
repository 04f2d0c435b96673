"""Weak labels: teacher maps of unannotated photographs, and the choice of those to learn from."""
