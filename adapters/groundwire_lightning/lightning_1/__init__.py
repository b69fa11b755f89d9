"""Lightning 1: what its programs need that Lightning 2 dropped, as 1.9 had it, or the last release that did."""
