"""Ways to judge a candidate."""
