"""The watch stage: the ERP's answers out of the inboxes, into the journal, and out of the way.

Not for: the formats of the answers, nor what they change.
"""
