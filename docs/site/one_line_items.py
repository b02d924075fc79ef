"""An extension of the reference: reads `name : what it is` in docstrings, where numpydoc would have the text on a line below.

In this code a parameter's type stands in its annotation, and what it is fits on its line.
"""

import re

import griffe

_SECTION = re.compile(r"^(?P<indent> *)(?:Parameters|Attributes|Raises)\n(?P=indent)-{3,}\n", re.MULTILINE)
_ITEM = re.compile(r"^(\w[\w., *]*) : (.+)$", re.MULTILINE)


class OneLineItems(griffe.Extension):
    """Give every item of a section its text on a line of its own."""

    def on_object(self, *, obj: griffe.Object, **_: object) -> None:
        """Rewrite the docstring before it is parsed."""
        if obj.docstring is None:
            return
        before, *sections = _SECTION.split(obj.docstring.value)
        if not sections:
            return
        headings = [match.group() for match in _SECTION.finditer(obj.docstring.value)]
        texts = sections[1::2]  # split() hands back each indent, too
        obj.docstring.value = before + "".join(
            heading + _ITEM.sub(r"\1\n    \2", text) for heading, text in zip(headings, texts, strict=True)
        )
