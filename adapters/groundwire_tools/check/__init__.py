"""``groundwire check``: will this program run, and with the same meaning?"""
