"""One reader a data set: each yields solutions with where they stand, or rejects that say what is wrong."""
