"""Home: the stores on this machine, the demo, and a new one."""

from app import home

home.draw()
