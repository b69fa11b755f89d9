"""Machinery of Lightning 1: it joins for code that uses names which only Lightning 1 had."""
