"""Every bench, one after another, each beside its references in the same run: `make bench`.

`python -m bench segment import` runs some; what follows `--` goes to them (`python -m bench import -- --rows 200000`).
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
NAMES = sorted(path.stem.removeprefix("bench_") for path in HERE.glob("bench_*.py"))


def main() -> int:
    arguments = sys.argv[1:]
    cut = arguments.index("--") if "--" in arguments else len(arguments)
    asked, extra = arguments[:cut] or NAMES, arguments[cut + 1 :]
    unknown = sorted(set(asked) - set(NAMES))
    if unknown:
        print(f"There is no bench {', '.join(unknown)}. There are: {', '.join(NAMES)}", file=sys.stderr)
        return 2
    failed = 0
    for name in asked:
        print(f"\n== {name} " + "=" * (70 - len(name)), flush=True)
        failed += subprocess.run([sys.executable, str(HERE / f"bench_{name}.py"), *extra], check=False).returncode != 0
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
