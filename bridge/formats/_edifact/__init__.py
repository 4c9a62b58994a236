"""UN/EDIFACT: an order as an ORDERS message in its envelope, and what ERPs answer with."""
