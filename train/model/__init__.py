"""The language model: loading, attention, log-probabilities, sharding, export."""
