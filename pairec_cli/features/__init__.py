"""Derived and statistic features of users and items, as MaxCompute scripts."""
