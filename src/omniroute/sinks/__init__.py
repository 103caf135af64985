"""Effect sinks: where effects go that are for no customer, such as webhooks."""
