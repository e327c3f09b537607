"""llama.cpp, batching, sampling, templates."""
