"""What happened: published statistics and a council's own tables, read and checked."""
