"""Ways to spend compute: pure ask/tell state machines."""
