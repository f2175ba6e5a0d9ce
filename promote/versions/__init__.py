"""The places of image versions in kustomizations, in every encoding, and byte-exact edits of them."""
