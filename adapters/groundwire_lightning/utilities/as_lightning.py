"""Lightning's imports, answered from here on: ``import groundwire_lightning.as_lightning`` as the first line.

``pytest -p groundwire_lightning.as_lightning`` and ``%load_ext groundwire_lightning`` do the same.
"""

from groundwire_tools.run.answers import install

__all__ = ["install"]

install()
