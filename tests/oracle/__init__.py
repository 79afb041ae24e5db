"""Naive readings of the written meaning, on plain `str` methods: what the library is compared with."""
