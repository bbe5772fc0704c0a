"""Tokens that people make for programs: opaque, with scopes, ended at any time; each is let in where its scopes say."""
