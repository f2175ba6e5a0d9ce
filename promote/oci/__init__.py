"""Registries of images: where an image is fetched from, with which credential, its tags and their digests."""
