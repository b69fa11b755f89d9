"""Writing of a plain program: its loop, the classes around it, and its imports."""
