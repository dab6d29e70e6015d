"""Tells objects apart while a program runs.

Every call of `id` is an audit event, which costs some fifteen times the call itself where a hook hears it, and ours
hears all that the program raises.
"""

identity = object.__hash__
"""A number that no other living object has, whatever the object's own class says of its hash."""
