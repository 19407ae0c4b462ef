"""Rules on what an object refers to: everything that is named must be there, and fit."""
