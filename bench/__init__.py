"""Measures the project against public yardsticks: `make bench`. Never shipped."""

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FUNCTIONS = ROOT / "functions"
DOCS = ROOT / "docs"

if str(FUNCTIONS) not in sys.path:
    sys.path.append(str(FUNCTIONS))  # what is measured is the product's own code
