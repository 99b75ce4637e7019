"""What needs the audio once more, after the store is built: to play it, to compare it, to change it a little.

``excerpt`` cuts one clip out of its recording; ``montage`` plays many in a few seconds; ``same_audio`` says whether
two are one sound; ``hearing`` measures voices where the encoder does not; ``fragile`` changes clips and looks whether
their winner survives.
"""
