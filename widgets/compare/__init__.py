"""Two to four set-ups on the same question, side by side, on one clock and one cost axis."""
