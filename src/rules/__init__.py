"""Judges: limit tables, axle groups, screening kernels, penalties, permits, explanations.

Knows no squad, no Kafka, no database and no clock.
"""
