"""The drop stage: what the journal owes to the targets, published whole.

Not for: how a file gets there; ``transports/`` knows.
"""
