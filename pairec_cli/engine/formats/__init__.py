"""The formats of batch recommendations, one file each."""
