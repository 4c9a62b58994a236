"""The two ways in which a template ends without a file.

Not for: limits, which end its process.
"""


class TemplateFault(Exception):  # noqa: N818  # the field's word
    """The template is wrong: it asks for what there is not, or what it may not have."""

    def __init__(self, what: str, line: int | None = None) -> None:
        super().__init__(what)
        self.line = line


class Refused(Exception):  # noqa: N818  # the field's word
    """The template is right, and this ``value`` of the order does not fit: what is wrong, and what a person changes."""

    def __init__(self, value: object, what: str, remedy: str) -> None:
        super().__init__(what)
        self.value = value
        self.remedy = remedy
