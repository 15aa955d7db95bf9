-- What an alarm hides is listed on its page.

CREATE INDEX alarms_hidden_by ON alarms (suppressed_by, active_since DESC, episode DESC) WHERE suppressed_by <> '';
