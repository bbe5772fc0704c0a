"""Ten thousand streams on one core: notification-service beside a bare protocol server, in one run."""
