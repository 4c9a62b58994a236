"""The stages: each reads the journal, does one thing to the outside, and writes the journal.

Not for: talking to each other. They wake each other through the journal, and each also looks by itself.
"""
