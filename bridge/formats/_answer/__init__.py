"""Answers in rows, JSON or XML that a merchant describes in TOML, as statements about orders."""
