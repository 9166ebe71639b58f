"""The decision core: pure functions over frozen values. No clock, no I/O, no Temporal."""
