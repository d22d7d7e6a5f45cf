"""Keeps the cases: what arrives of a truck is filed with its trip, and wakes whom it must.

`dispatch` decides, `service.store` keeps, `service.messages` tells; here the three meet, inside one transaction.
"""
