"""Data: loaders, batches fetched whole, the order of samples, and the random state that exact resuming needs."""
