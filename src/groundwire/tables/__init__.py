"""Tables: every hook of a run as data, how a foreign framework is mapped onto it, and the plan compiled from both."""
