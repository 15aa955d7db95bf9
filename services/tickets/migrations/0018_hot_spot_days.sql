-- How often a device has alarmed in a day: from the third time on it is one hot-spot ticket.
CREATE INDEX ticket_episodes_device ON ticket_episodes (device, since);
