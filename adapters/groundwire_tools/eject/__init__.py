"""Ejection: a run written out as one plain PyTorch program, which needs neither groundwire nor Lightning."""
