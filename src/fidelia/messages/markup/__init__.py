"""The template compiler: markup in, Jinja sources out, and the renderer that fills them in.

Pure and light on imports: the compiler runs in a process of its own (:mod:`.sandbox`) that a hostile template may only
take down alone.
"""
