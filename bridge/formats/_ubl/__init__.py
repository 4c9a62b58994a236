"""The parts of the format ``ubl``."""
