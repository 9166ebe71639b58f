"""The typed client: launch, steer and read releases from Python."""
