"""The exit codes of `nlex train` and `nlex eval`, the same as those of the other commands."""

DONE = 0
USAGE = 2
ENVIRONMENT = 3
INTERRUPTED = 130
