"""What happens after an attempt: verdicts and schedules. Pure, no I/O."""
