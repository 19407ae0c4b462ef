"""The command line: one file a command, which parses, calls, reports, exits; nothing else of gen prints.

A command imports its stages when it runs, so that `gen --help` pays for none of them.
"""
