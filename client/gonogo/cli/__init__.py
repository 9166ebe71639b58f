"""The command line: each command parses, makes one client call and prints."""
