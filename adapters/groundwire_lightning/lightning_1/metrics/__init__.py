"""The metrics that Lightning 1.0 to 1.2 had, on torchmetrics: what they took for granted is decided by their inputs."""
