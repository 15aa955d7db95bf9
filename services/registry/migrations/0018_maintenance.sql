-- Who put a device into maintenance, when and why: its alarms are hidden meanwhile, the critical ones too.

ALTER TABLE device_changes ADD COLUMN why text NOT NULL DEFAULT '';
COMMENT ON COLUMN device_changes.why IS 'given by whoever begins or ends maintenance; may be empty';
CREATE INDEX devices_in_maintenance ON devices (id) WHERE state = 'maintenance';

CREATE VIEW maintenance AS
    SELECT d.id AS device, (extract(epoch FROM began.at) * 1000)::bigint AS since, began.by, coalesce(said.why, '') AS why
    FROM devices d
    CROSS JOIN LATERAL (
        SELECT coalesce(max(version), 0) AS version FROM device_changes
        WHERE device = d.id AND record ->> 'state' <> 'maintenance') AS before
    CROSS JOIN LATERAL (
        SELECT at, by FROM device_changes WHERE device = d.id AND version > before.version ORDER BY version LIMIT 1
        ) AS began
    LEFT JOIN LATERAL (
        SELECT why FROM device_changes WHERE device = d.id AND version > before.version AND why <> ''
        ORDER BY version DESC LIMIT 1) AS said ON true
    WHERE d.state = 'maintenance';
COMMENT ON VIEW maintenance IS 'One row a device in maintenance: since when (epoch ms), who began it, the last reason given.';
GRANT SELECT ON maintenance TO linli_api;
