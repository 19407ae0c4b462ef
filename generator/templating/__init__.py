"""YAML-aware Jinja2: templates arrange values that Python has decided, and no value can break out of its place."""
