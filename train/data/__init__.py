"""Shards to packed batches: reading, order, mixing, chat text, packing."""
