"""The runbooks stage: every command, name and link of the rendered runbooks is one that works in this environment."""
