"""The bridge between Norce Commerce and an ERP that speaks in files.

This file holds the version and nothing else: importing the package is free of cost and of side effects.
"""

__version__ = "0.1.0"
