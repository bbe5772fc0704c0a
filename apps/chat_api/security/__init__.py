"""Security events: what happened to accounts, told in the transaction in which it did."""
