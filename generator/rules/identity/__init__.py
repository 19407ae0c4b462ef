"""Rules on what an object is: its identity, its name, its labels, its namespace."""
