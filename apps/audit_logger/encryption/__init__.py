"""What people wrote is encrypted here: which part of an event that is, users' keys, and how both are wrapped."""
