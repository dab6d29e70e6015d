"""What turns all that sources hold into a corpus fit to train on: which programs, which inputs, which split."""
