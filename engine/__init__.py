"""The engine: inference, strategies, verifiers, traces. It knows no Qt and works alone in a notebook."""
