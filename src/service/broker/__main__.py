"""`python -m service.broker`: the embedded broker as a child that ends when its parent's pipe closes."""

import sys

from service.broker.embedded import serve

serve(sys.stdout, parent=sys.stdin.buffer)
