"""Training: one loop for both stages of the paper."""
