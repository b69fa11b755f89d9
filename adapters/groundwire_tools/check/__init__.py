"""The check of programs: what becomes of each use of Lightning in them, told without running them or torch."""
