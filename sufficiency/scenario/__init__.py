"""What the user asks: the YAML file as data, checked, and resolved against the calibration."""
