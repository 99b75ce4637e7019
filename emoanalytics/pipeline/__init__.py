"""The parts a build is put together from: what a worker hears, what is still to come, writing behind.

plan -> hearing (worker processes) -> embedding -> rows -> behind (the writer's thread)
"""
