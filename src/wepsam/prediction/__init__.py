"""Prediction with shipped or exported weights: one picture (predictor.py), many files (folder.py)."""
