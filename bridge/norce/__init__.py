"""Norce's side: the order as Norce writes it, our answer, and the calls that report back.

Not for: what an ERP wants (``formats/``), what happens to an order (``stages/``). The facts behind every module here
are in ``norce/connect.md``; the way of an order is ``content_of``, ``decode``, ``translate``, ``answer``.
"""
