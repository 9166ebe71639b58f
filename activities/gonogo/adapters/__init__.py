"""The shipped adapters: one vendor or local system per file, each behind a port."""
