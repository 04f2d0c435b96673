"""The paper's claim, examined: studies of many runs, and the figures and tables made of their results."""
