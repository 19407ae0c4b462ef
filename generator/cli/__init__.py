"""The command line: one file a command. A command parses, calls, reports, exits; nothing else of gen prints."""
