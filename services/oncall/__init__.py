"""Who is woken when the platform itself is ill: Alertmanager's notifications, a rota, acknowledgement."""
