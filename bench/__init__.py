"""Measures the project against public yardsticks: `make bench`. Never shipped."""

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
DOCS = ROOT / "docs"

if (_OURS := str(ROOT / "functions")) not in sys.path:
    sys.path.append(_OURS)  # what is measured is the product's own code
