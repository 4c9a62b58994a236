"""How long a test waits for something that must come.

Not for: deadlines that are themselves what a test asserts. A wait that ends as soon as the thing is there costs nothing
by being long; a short one only tells that the machine was busy.
"""

PATIENCE_S = 30.0
