"""What stands still and why: metrics, events, logs, health; dashboards and alert rules as files."""
