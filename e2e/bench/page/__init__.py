"""What the page costs whoever looks at it: until its rows are there on a phone, and at each key in a long list."""
