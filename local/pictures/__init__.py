"""The pictures in docs/: real messages, drawn by real renderers."""
