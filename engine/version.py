"""The program's version, in one place for events, recordings and the command line."""

VERSION = "0.1.0"
