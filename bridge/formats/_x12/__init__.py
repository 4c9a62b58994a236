"""X12's own parts: envelope, the purchase order that is written, and the sets that an ERP answers with."""
