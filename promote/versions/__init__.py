"""Where image versions are written, in every encoding, and byte-exact edits of them."""
