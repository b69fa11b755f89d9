"""`groundwire fix`: puts imports and what has one new spelling into groundwire's terms, and lists what is left."""
