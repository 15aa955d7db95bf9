"""MQTT to Kafka: nothing acknowledged before it is safe, nothing unreadable lost, time itself as records."""
