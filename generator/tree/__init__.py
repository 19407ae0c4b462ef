"""The only module that writes output: it compares a rendered tree with the one on disk, and swaps it in whole."""
