"""The transport of production: a Dapr sidecar beside each service, Kafka behind the sidecars."""
