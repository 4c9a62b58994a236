"""The receive stage: Norce's orders by HTTP, checked, admitted and answered in kind.

Not for: bringing anything to an ERP.
"""
