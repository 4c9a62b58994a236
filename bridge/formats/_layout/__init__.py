"""Files that a merchant describes in TOML: an order through a layout into records, JSON or XML."""
