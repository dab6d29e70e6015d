"""Levels of detail: ranges of events that may be told as one step, and which of them a token budget folds."""
