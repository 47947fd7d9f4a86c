"""The words: values and protocols that every other package speaks in. Imports nothing of ours."""
