"""What workflows ask for: one class per port, with its dependencies given at start."""
