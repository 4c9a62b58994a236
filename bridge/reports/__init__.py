"""What Norce is to be told of an order: the kinds of reports, and which of them an acknowledgement brings about. Pure.

Not for: Norce's words for them (``norce/reports.py``), nor remembering what is owed (``journal/``).
"""
