"""Recorded runs: codec, store, fold."""
