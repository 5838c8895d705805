"""The vendors whose webhooks the kit receives: a package for each, all of the same shape."""
