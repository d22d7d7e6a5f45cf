"""Compiled judging. Kernels import numpy, numba and the kernels of `wim`, and write into arrays that they are given."""
