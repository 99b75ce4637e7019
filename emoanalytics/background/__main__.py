"""``python -m emoanalytics.background``: one build, ordered on standard input."""

import sys

from emoanalytics.background.work import main

if __name__ == "__main__":
    sys.exit(main())
