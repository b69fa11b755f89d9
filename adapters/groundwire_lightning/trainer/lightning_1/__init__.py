"""What a Trainer of Lightning 1 had beyond today's: arguments, attributes, options of a command line, ``tune``."""
