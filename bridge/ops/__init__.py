"""What people and machines are shown of a running bridge, and the few acts they may ask for: API, metrics, logs.

Not for: carrying an act out; whoever builds the app hands in what does (``service.py``).
"""
