"""What people do with an account that they have: its password, and links that count once."""
