"""The event path of production on one machine: a real Kafka and a real Dapr sidecar for each service."""
