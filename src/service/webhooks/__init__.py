"""Signed webhooks: each joint action to the systems of the other agency that want it pushed (Standard Webhooks)."""
