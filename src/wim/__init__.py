"""Measures: passages, sites and the validity of a crossing.

Knows no law, no squad, no Kafka, no database and no clock.
"""
