"""Measurements: values kept on the device until they are due, reduced across processes, and where the time went."""
