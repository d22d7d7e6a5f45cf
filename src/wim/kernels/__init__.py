"""Compiled loops over passages. They import numpy and numba only, and write into arrays that they are given."""
