"""Pure functions that decide: from the typed platform to what the objects of a component say."""
