"""What people do with an account that they have: its password, its sessions."""
