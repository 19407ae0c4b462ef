"""Compares what policies let through with what a spec calls: exactly the declared connections, and no other."""
