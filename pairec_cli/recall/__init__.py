"""Recall methods, one file each: configuration, nodes, what goes online, the engine's entry."""
