"""What an operator runs against a deployed stack. Never shipped: Lambda gets functions/ alone."""

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FUNCTIONS = ROOT / "functions"

if str(FUNCTIONS) not in sys.path:
    sys.path.append(str(FUNCTIONS))  # the renderers and parsers are the product's own
