"""The monitor stage: looks on, tells people, and keeps copies of the journal.

Not for: acting on orders.
"""
