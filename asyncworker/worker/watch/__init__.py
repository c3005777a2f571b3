"""Watch for the cancellation of activities that do not heartbeat, by the server's long polls.

Theory of operation
-------------------
A heartbeat's reply is what tells an activity that it is to stop. One that sends none is not told, unless the server
pushes worker commands. But the server answers some long polls as soon as something changes: the description of a
standalone activity, and the history of a workflow's run. One that is open costs the server less than 10 µs a second, a
hundredth of a heartbeat or a description per second.

Each run of a worker has a :class:`.Watcher`. Once an attempt has run for a second it looks at the attempts about once a
second (:class:`.Watches`), and watches those that do not heartbeat, the longest-running first, within a *budget*
(:mod:`._budget`): so many activities, so many runs of workflows, so many calls per second. All workers of a process and
a namespace share it by a :class:`.WatchTable`, and all attempts of one workflow's run one watch. The others are told by
heartbeats, as before.

The server's limits are per method and shared with everybody else's calls, and a call like these outranks the polls for
tasks: it can starve them, and is itself never refused. So a refusal of *any* call of the worker's client ends all
watches for a minute or more, and the budget grows again slowly.

A watch that fails ends; its attempt goes on, and is watched anew after a while.
"""
