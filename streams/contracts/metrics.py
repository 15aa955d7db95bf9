"""Every Prometheus metric of the platform, typed and listed once.

Dashboards, alert rules and docs are checked against this list. Pure: a process hands its
``prometheus_client`` classes to :func:`instruments`; latencies are in seconds.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any, Final, Literal

LATENCY_BUCKETS: Final = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0)


@dataclass(frozen=True, slots=True)
class Metric:
    """One metric: full name, type, help text, label names."""

    name: str
    type: Literal["counter", "gauge", "histogram"]
    help: str
    labels: tuple[str, ...] = ()


def _counter(name: str, text: str, *labels: str) -> Metric:
    return Metric(f"linli_{name}", "counter", text, labels)


def _gauge(name: str, text: str, *labels: str) -> Metric:
    return Metric(f"linli_{name}", "gauge", text, labels)


def _histogram(name: str, text: str, *labels: str) -> Metric:
    return Metric(f"linli_{name}", "histogram", text, labels)


# Every process
LOOP_PROGRESS = _gauge("loop_progress_timestamp_seconds", "When a loop last got something done.", "loop")
LOOP_ERRORS = _counter("loop_errors_total", "Errors that a loop survived, by kind.", "loop", "error")
CONSUMER_LAG = _gauge("consumer_lag_records", "Records not yet consumed.", "group", "topic", "partition")
OUTBOX_PENDING = _gauge("outbox_pending_rows", "Outbox rows that Kafka has not acknowledged.", "schema")
OUTBOX_SENT = _counter("outbox_sent_total", "Outbox rows relayed to Kafka.", "schema", "topic")
DISK_FREE = _gauge("disk_free_bytes", "Bytes left to us on a watched disk.", "path")
DISK_SIZE = _gauge("disk_size_bytes", "Size of a watched disk.", "path")
DEAD_LETTERS = _counter("dead_letters_total", "Inputs refused for good, by reason.", "source", "reason")

# The audit log, and who cannot sign in
AUDIT_VERIFIED = _gauge("audit_verified_timestamp_seconds", "When an audit chain was last walked whole.", "chain")
AUDIT_BROKEN = _gauge("audit_broken_links", "Entries of an audit chain that do not continue it.", "chain")
AUDIT_ENTRIES = _gauge("audit_entries", "Number of the last entry of an audit chain.", "chain")
SIGN_IN_LOCKED = _gauge("sign_in_locked", "Names and addresses that are locked out now: too many failures.", "kind")

# Gateway
GATEWAY_MESSAGES = _counter("gateway_messages_total", "MQTT messages received.", "codec")
GATEWAY_READINGS = _counter("gateway_readings_total", "Values forwarded to Kafka.", "kind")
GATEWAY_UNLISTED = _counter("gateway_unlisted_metrics_total", "Values of metrics no kind lists.", "kind")
GATEWAY_QUARANTINED = _counter("gateway_quarantined_total", "Samples of unregistered devices.")
GATEWAY_SEQUENCE = _counter("gateway_sequence_total", "What the per-device ledger saw.", "event")
GATEWAY_QUEUE = _gauge("gateway_queue_messages", "Messages received and not yet acknowledged.")
GATEWAY_CONNECTED = _gauge("gateway_mqtt_connected", "1 while connected to the MQTT broker.")
GATEWAY_BROKER_DROPPED = _gauge("gateway_broker_dropped_messages", "Messages the MQTT broker dropped since it began.")
GATEWAY_FLAGGED = _counter("gateway_flagged_total", "Samples with a flag or a bad value.", "flag")
GATEWAY_LAST_READING = _gauge("gateway_last_reading_timestamp_seconds", "Arrival of the newest reading.")
GATEWAY_ACK_SECONDS = _histogram("gateway_ack_seconds", "From MQTT arrival to PUBACK.")
GATEWAY_UNIDENTIFIED = _counter(
    "gateway_unidentified_total", "Samples with neither time nor sequence: a redelivery stores them twice."
)

# Streams
ENGINE_SAMPLES = _counter("engine_samples_total", "Samples stepped through the rules.")
ENGINE_TRANSITIONS = _counter("engine_transitions_total", "Alarm transitions published.", "rule", "new")
ENGINE_ISOLATED = _counter("engine_isolated_total", "Devices rolled back and disabled after a bug.")
ENGINE_LATE = _counter("engine_late_total", "Samples older than the device's newest.")
ENGINE_SENSOR_TO_ALARM = _histogram(
    "sensor_to_alarm_seconds", "From the deciding sample's device time to its alarm in Kafka."
)
ENGINE_RULES = _gauge("engine_rules", "Rules in force.")
ENGINE_INCIDENTS = _counter("engine_incidents_total", "Incidents that began, of alarms with a group.")
ENGINE_SUPPRESSIONS = _counter("engine_suppressions_total", "Alarms hidden or shown by a group's alarm.", "action")
ENGINE_BEYOND = _counter("engine_beyond_total", "Alarms and conditions that a too large group cannot remember.", "what")
ENGINE_STATE_REFUSED = _counter(
    "engine_state_refused_total", "Partitions whose stored state could not be taken over.", "stage"
)
ENGINE_HELD = _gauge(
    "engine_held", "1 while partitions wait for rules or devices that they know and their topic has lost.", "stage"
)
ENGINE_RULES_LOST = _gauge(
    "engine_rules_lost", "Rules in force as they were stored, since their topic has lost them.", "stage"
)

# Registry
REGISTRY_MIRRORED = _counter("registry_mirrored_total", "Records sent again that their topic had lost.", "topic")
MAINTENANCE_DEVICES = _gauge(
    "maintenance_devices", "Devices in maintenance, by whether a rule could raise a critical alarm of them.", "critical"
)
MAINTENANCE_OLDEST = _gauge(
    "maintenance_oldest_seconds", "How long the longest maintenance of a device with a critical rule has lasted."
)

# History
HISTORY_ROWS = _counter("history_rows_total", "Readings stored (new) or already there (duplicate).", "outcome")
HISTORY_BATCH_SECONDS = _histogram("history_batch_seconds", "One transaction: stage, insert, roll up.")
HISTORY_NEWEST = _gauge("history_newest_timestamp_seconds", "Arrival time of the newest stored reading.")
HISTORY_DEFAULT_ROWS = _gauge("history_default_partition_rows", "Rows in no day's partition: should be 0.")

# Alarms, tickets
RULES_WRITTEN = _counter("rules_written_total", "Versions of rules put in force by people.", "enabled")
ALARMS_HELD = _gauge(
    "alarms_held", "Rules held back on a device: shelved, out of service, or waiting for approval.", "state"
)
HOLD_UNAPPROVED = _gauge(
    "alarm_hold_unapproved_seconds", "How long the longest shelving has waited for its second person."
)
ALARMS_ACTIVE = _gauge("alarms_active", "Alarms whose condition stands.", "severity")
ALARM_QUALITY = _gauge("alarm_quality_timestamp_seconds", "When alarm quality was last measured.")
ALARM_RATE = _gauge("alarm_rate", "New alarms of a position in its last ten minutes, hour, day.", "position", "window")
ALARM_FLOOD = _gauge("alarm_flood", "1 while a position is in an alarm flood.", "position")
ALARM_FLOOD_SHARE = _gauge("alarm_flood_share", "Share of the last day that a position was in flood.", "position")
ALARM_TOP_SHARE = _gauge("alarm_top_share", "Share of the busiest sources in a day's alarms.", "position")
ALARM_FINDINGS = _gauge("alarm_findings", "Stale, chattering, fleeting alarms of the last day.", "position", "finding")
ALARM_PRIORITY_SHARE = _gauge("alarm_priority_share", "Share of a priority in a day's alarms.", "position", "priority")
ALARM_ANSWER = _gauge("alarm_answer_seconds", "Mean time to acknowledge, over the last day.", "position")
ALARM_RETURN = _gauge("alarm_return_seconds", "Mean time to return to normal, over the last day.", "position")
LADDERS = _gauge("ladders", "Call ladders that call people, or wait for somebody on site.", "part")
LADDER_UNREACHED = _gauge("ladder_unreached", "Offices of ladders at work that nobody holds.")
LADDER_UNSENT = _gauge("ladder_unsent_notices", "Messages of ladders that Kafka has not had for ten seconds.")
LADDER_OVERDUE = _gauge("ladder_overdue_seconds", "How long the longest due step of a ladder has waited.")
TICKETS_OPENED = _counter("tickets_opened_total", "Tickets opened.", "source")
TICKETS_ACTIONS = _counter("tickets_actions_total", "Actions on tickets.", "action")
TICKETS_OPEN = _gauge("tickets_open", "Tickets not closed, by stage.", "stage")
TICKETS_CARDS = _gauge("tickets_cards", "Open tickets with a yellow or red card.", "card")
FIGURES_BEHIND = _gauge("ticket_figures_behind", "Tickets whose figures are missing or of an older definition.")
FIGURES_FAILED = _gauge("ticket_figures_failed", "Tickets whose figures could not be made anew from their log.")
CALENDAR_KNOWN_UNTIL = _gauge("calendar_known_until_timestamp_seconds", "End of the last year with known holidays.")
NOTICES_ERASED = _counter("notices_erased_total", "Messages removed, by age or with their ticket.", "why")
PERSONAL_DATA_ERASED = _counter("personal_data_erased_total", "Tickets whose personal data was erased by age.")
PERSONAL_DATA_OVERDUE = _gauge("personal_data_overdue_seconds", "Since when the oldest ticket or message is due to go.")
ALARM_TO_TICKET = _histogram("alarm_to_ticket_seconds", "From the alarm in Kafka to its ticket's commit.")
SENSOR_TO_TICKET = _histogram("sensor_to_ticket_seconds", "From the device's time to the ticket's commit.")

# API, pages, on-call, simulator
HTTP_REQUESTS = _counter("http_requests_total", "Requests answered.", "route", "method", "status")
REHEARSALS = _counter("rehearsals_total", "Rehearsals that people asked for, by how they ended.", "outcome")
PICTURES = _counter("pictures_total", "Photos that were sent, by what became of them.", "outcome")
PICTURE_SECONDS = _histogram("picture_seconds", "From a photo's arrival to its picture, waiting included.")
PHOTOS_REMOVED = _counter("photos_removed_total", "Photos that no action showed within a day.")
HTTP_SECONDS = _histogram("http_request_seconds", "Time to answer.", "route")
LIVE_CLIENTS = _gauge("live_clients", "Open event streams.")
LIVE_DROPPED = _counter("live_dropped_total", "Slow event-stream clients told to resynchronise.")
SENSOR_TO_SCREEN = _histogram("sensor_to_screen_seconds", "From the device's time to the event stream.")
ONCALL_NOTIFICATIONS = _counter("oncall_notifications_total", "Alertmanager notifications.", "status")
ONCALL_OPEN = _gauge("oncall_open", "Notifications neither acknowledged nor resolved.")
ONCALL_UNANSWERED = _gauge("oncall_unanswered", "Notifications that went through the whole rota unacknowledged.")
ONCALL_HEARTBEAT = _gauge("oncall_heartbeat_timestamp_seconds", "When Prometheus last proved that it watches.")
NOTICES_SENT = _counter("notices_sent_total", "Messages to people that a channel acknowledged.", "channel")
NOTICES_FAILED = _counter("notices_failed_total", "Attempts at a message that failed.", "channel")
NOTICES_WAITING = _gauge("notices_waiting", "Messages to people that wait: for their time, or for a channel.")
NOTICES_OLDEST = _gauge("notices_oldest_seconds", "How long the longest due message to a person has waited.")
NOTICES_DEAD = _gauge("notices_dead", "Messages to people that were given up in the last day.")
SIMULATOR_PUBLISHED = _counter("simulator_published_total", "Messages acknowledged by the broker.", "kind")
SIMULATOR_WAITING = _gauge("simulator_waiting_messages", "Messages published and not yet acknowledged.")

METRICS: Final = tuple(value for value in tuple(globals().values()) if isinstance(value, Metric))


@cache
def instrument(
    metric: Metric, *, counter: Callable[..., Any], gauge: Callable[..., Any], histogram: Callable[..., Any]
) -> Any:
    """One instrument of a client library from its definition; the same for everybody who asks in a process."""
    if metric.type == "counter":
        return counter(metric.name, metric.help, metric.labels)
    if metric.type == "gauge":
        return gauge(metric.name, metric.help, metric.labels)
    return histogram(metric.name, metric.help, metric.labels, buckets=LATENCY_BUCKETS)
