"""Acts: repeat offenders, trips and cases, intercepts.

Time is always an argument; Kafka, databases and HTTP are somebody else's business.
"""
