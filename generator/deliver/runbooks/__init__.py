"""Renders runbooks/: what people on call read, with the names, hosts and commands of one environment."""
