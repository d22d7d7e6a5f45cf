"""The embedded broker: the mock cluster inside librdkafka, in a process of its own.

It needs only the Python packages. It keeps about 4.6 MB of a partition in memory and silently drops what is older, has
four partitions in every topic, makes a topic at its first mention, and knows no CreateTopics. So it is for the demo and
for quick tests; no figure that was measured against it counts.
"""
