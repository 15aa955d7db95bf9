"""The pages: server-rendered HTML over the same container as the JSON API.

``router(container)`` serves them (``GET /sign-in``, ``POST /sign-in`` and all the rest; the demo link and
``POST /sign-out`` are in :mod:`services.api.door.sessions`), ``problem_page(container)`` shows an error to a person.
"""

from services.api.pages.site import problem_page, router

__all__ = ["problem_page", "router"]
