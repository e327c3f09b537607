"""The application: what puts engine and widgets together."""
