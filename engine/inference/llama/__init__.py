"""llama.cpp through its low-level functions. Nothing else in the program imports llama_cpp."""
