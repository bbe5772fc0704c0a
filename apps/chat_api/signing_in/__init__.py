"""What stands before the check of a password: budgets of attempts, devices that are known, turns at hashing."""
