"""What every stage shares: problems, errors, typed scalars and the place of the data files."""
