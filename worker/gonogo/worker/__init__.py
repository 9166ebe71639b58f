"""The worker: settings, logs and the one place that puts everything together."""
