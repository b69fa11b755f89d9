"""Commands for programs and checkpoints: none imports torch before it has something to read or to run.

Importing anything below ``groundwire_lightning`` runs its ``__init__``, and with it torch; a command that lived there
would make its users wait for what it does not need. So these stand beside the adapters. The check looks names up in
data that is written from theirs; what reads checkpoints or runs programs imports theirs in the functions that do so.
"""
