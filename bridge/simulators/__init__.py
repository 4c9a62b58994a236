"""The other two sides, to try the bridge against: a Norce that sends orders and an ERP that answers with files.

Not for: production. The service does not know them, and they know nothing of it but its address and its folders.
"""
