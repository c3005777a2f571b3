"""Values that a worker passes to activities beside their payloads: sessions, clients, settings.

Theory of operation
-------------------
A parameter is a dependency by its annotation or by its default (:mod:`._marker`). What it needs in turn
(:mod:`._functions`) is a graph, which is built and checked when a worker is made (:mod:`._graph`), and compiled to the
steps that make the values of one activity in their order (:mod:`._plan`). An attempt takes these steps, and undoes them
in reverse order before its outcome is reported (:mod:`._attempt_scope`). What has the scope of the worker is made by a
task of the run, at first use, and closed at the run's end (:mod:`._worker_scope`). Without a worker everything belongs
to one call (:mod:`._alone`).
"""
