"""Tests of `train`: they need torch and the rest of the `train` extra."""
