"""What-if: another choice from the candidates of a recorded run, without a single new token."""
