"""What EDI dialects share: separators and release characters, character sets, values in the room of an element."""
