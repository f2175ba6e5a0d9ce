"""Registries of images: where an image is fetched from, with which credential, and the digest of a tag."""
