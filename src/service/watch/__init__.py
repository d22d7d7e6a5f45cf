"""The watch over the sensors: sees every truck once, downgrades lanes, and takes back what was judged too well."""
