"""Builds whose workers share no folder with the driver: what they hand on lies in an object store."""
