"""Commands that look at programs from outside: no module imports torch, an adapter or the program while it is imported.

Importing anything below ``groundwire_lightning`` runs its ``__init__``, and with it torch; a command that lived there
would make its users wait for what it does not need, in each run of pre-commit. So these stand beside the adapters and
look names up in data that is written from them.
"""
