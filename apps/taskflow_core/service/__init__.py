"""What makes a service out of routes, handlers and background work: composition, host, sign-in, errors, health."""
