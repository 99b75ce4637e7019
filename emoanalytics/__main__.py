"""``python -m emoanalytics`` is the command ``emoanalytics``."""

from emoanalytics.cli import main

if __name__ == "__main__":
    main()
