"""Widgets: they draw state and emit intents."""
