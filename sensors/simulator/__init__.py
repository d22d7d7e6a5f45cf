"""Invented traffic with its truth: trips over a network, and the records and health beats that its sites would send.

The way of a vehicle: `fleet` (what it is) → `journeys` (where and when it goes) → `loading` (what it carries, wheel by
wheel) → `headway` (its place in the lane) → `measurement` and `camera` (what the site saw) → `units` (how the roadside
unit numbered and sent it) → `traffic` (the steps that a caller iterates). The truth goes into its own rows (`truth`),
never into a record.

Nothing here knows more of the law than what a driver calls a full load, and nothing imports the estimator: a simulator
that shares the estimator's model proves nothing.
"""
