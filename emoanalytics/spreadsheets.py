"""Text that no spreadsheet runs."""

from __future__ import annotations

import re

# What spreadsheets take for the start of a formula (OWASP, "CSV injection"), also in the full width that East Asian
# ones read alike. Apostrophes before it are counted in, so that taking one away always gives back what was there.
_STARTS = "=+\\-@\t\r\n＝＋－＠"
RUNS = f"^'*[{_STARTS}]"


def harmless(text: str) -> str:
    """Text that no spreadsheet runs: with an apostrophe in front where it begins like a formula.

    >>> harmless("=1+1"), harmless("'=1+1"), harmless("a=1"), harmless("-")
    ("'=1+1", "''=1+1", 'a=1', "'-")
    """
    return f"'{text}" if re.match(RUNS, text) else text
