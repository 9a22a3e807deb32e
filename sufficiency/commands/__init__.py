"""One module a verb; each gives its click command as ``command``."""
