"""Measures the event path of sidecars and Kafka: ours beside the least that could be done with the same parts."""
