"""Reading documents as untrusted input: bounded YAML 1.2 with positions, and validation by JSON Schema."""
