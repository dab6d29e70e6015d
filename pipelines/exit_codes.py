"""The exit codes of the command line."""

DONE = 0
FOUND_WRONG = 1
USAGE = 2
ENVIRONMENT = 3
INTERRUPTED = 130
