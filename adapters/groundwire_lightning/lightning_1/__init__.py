"""Lightning 1: what its programs need that Lightning 2 dropped, as they had it in 1.9, or before where 1.9 dropped it."""
