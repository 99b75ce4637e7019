"""Sound on disk to segments.

corpus/  -> which recordings there are, and what is known about them
decode/  -> a recording's samples at 16 kHz
segments -> how they are cut (vad: where somebody speaks)
quality/ -> how good each segment is
tracks   -> all of it: one channel, decoded, cut and measured
"""
