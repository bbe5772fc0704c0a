"""What of the users' sign-ins is revoked, known to every process within two seconds."""
