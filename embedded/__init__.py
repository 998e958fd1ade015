"""The embedded AWS: runs the real stack on this machine, and never ships. README.md says how."""
