"""What a trail is proven with: the chain of hashes, signed records, and the archive that holds them."""
