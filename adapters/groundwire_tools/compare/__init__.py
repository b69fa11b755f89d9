"""Comparison of one program under Lightning and under groundwire, each in a process of its own."""
