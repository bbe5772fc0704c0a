"""An optional second reader of what the chat's grammar does not understand: a model behind the usual HTTP protocol.

It proposes one sentence of the chat's own language, nothing else, and whoever wrote the message says yes to it or not.
"""
