"""Measurements of the program on the machine it runs on; each one a command of `main.py bench`."""
