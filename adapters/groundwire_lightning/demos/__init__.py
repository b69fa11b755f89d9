"""Small modules and data for trying things out, under the names that tests import from Lightning."""
