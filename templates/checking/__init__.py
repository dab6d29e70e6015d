"""The parts of the checker: its own reading of prose, values, source and trace, apart from all that narrates."""
