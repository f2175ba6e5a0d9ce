"""What the sync engines, Argo CD and Flux, are given of the freeze windows in promote.yaml."""
