"""`python -m service.cli`: the same as `wim`, for processes that one of ours starts."""

from service.cli import main

main()
