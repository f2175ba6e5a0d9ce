"""Repositories, pull requests and remotes of strangers, and what promote may do with them: refuse or answer, no more.

One file per class of hostile input; `harness.py` has what all of them must hold.
"""
