"""The edge of detection: Faust consumes, the pure rules decide, Kafka acknowledges, then the input is acked."""
