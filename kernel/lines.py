"""Read what somebody typed."""


def printable(line: str) -> str:
    """Return a line without what no keyboard makes and no database keeps; every blank is " ".

    An input method for Chinese types blanks of its own (U+3000), which part words as well.
    """
    kept = (each for each in line if each.isprintable() or each.isspace())
    return "".join(each if each.isprintable() else " " for each in kept)
