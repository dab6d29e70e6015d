"""Publishing a corpus to the Hugging Face Hub: one commit, only what changed, read back afterwards."""
