"""Side tasks: questions about moments of an execution whose answers the trace knows."""
