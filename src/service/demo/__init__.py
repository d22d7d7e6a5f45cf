"""The demo: broker, worker, API and simulator on one machine, with a view of what comes out.

`children` starts and ends the processes, `glimpse` asks the API, `view` draws. Nothing outlives it.
"""
