"""Explanations that no template wrote: which claims they make, and which of these the trace bears out."""
