"""Traces into prose, and prose back against traces: the program model, the narrator, the styles and the checker."""
