"""Text folding for codes and numbers."""

import unicodedata


def fold(text: str) -> str:
    """Return the stored form of a code: NFKC, all white space out, upper case.

    Full-width digits and stray spaces are what keyboards and spreadsheets of counters deliver.
    """
    if text.isascii() and text.isalnum():  # the common case, ten times quicker
        return text.upper()
    upper = "".join(unicodedata.normalize("NFKC", text).split()).upper()
    return unicodedata.normalize("NFKC", upper)  # capitals can fall apart into several characters
