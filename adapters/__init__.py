"""Adapters: one module per framework, each with the same verbs.

``application(hooks)`` is a whole application, ``wrap(app, hooks, path)`` a middleware, ``mount(app, hooks, path)`` adds
the endpoints to an application, and ``urls(hooks)`` is what a Django URLconf takes. Nothing here knows a provider.
"""
