"""Tools an owner writes in YAML: what the model may call, and the one place where a call is checked and run."""
