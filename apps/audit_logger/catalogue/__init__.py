"""What the database's own catalogue says of the trail's objects, held against the migrations."""
