"""The chat: understands plain sentences by rules, without any model, and does what they ask.

`grammar.understand` turns a message into an intent, `assistant.Assistant` acts on it with the tools of the phase that
is served, and `replies` words the answer. What a later "yes" or "2" refers to is stored with the answer in `context`.
"""
