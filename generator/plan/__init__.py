"""The plan: which units there are, each with its whole resolved input and a hash of it."""
