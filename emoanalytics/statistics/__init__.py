"""What the statistical views share: which rows count and how much, intervals, tests, corrections."""
