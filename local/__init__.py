"""What people type: `run` plays a task in the embedded AWS, `preview` renders a saved answer."""
