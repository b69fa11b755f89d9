"""Running of unmodified programs: whatever asks for Lightning is answered, in this process and in its children."""
