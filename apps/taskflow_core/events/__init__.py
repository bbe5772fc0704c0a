"""What happens to tasks, as typed events in CloudEvents envelopes on named topics."""
