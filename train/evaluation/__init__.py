"""How good a model is: estimators, scorers, the evaluations and their reports."""
