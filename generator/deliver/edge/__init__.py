"""The edge of a platform: a Worker that sends requests to regions, and the rules of the network around it."""
