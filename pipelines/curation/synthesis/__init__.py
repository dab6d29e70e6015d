"""Makes further inputs for a program from those it has: changed a little, kept where they go another way through it."""
