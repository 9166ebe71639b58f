"""The durable workflows: awaits, timers and handlers around the decision core."""
