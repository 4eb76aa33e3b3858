from __future__ import annotations

import subprocess
import sys
from pathlib import Path

# In a process of its own: here other tests have used the compiled code already.
ASK = """
import sys
from pathlib import Path

from numba.core.registry import CPUDispatcher

from cim.ifc.document import open_document
from cim.ifc.drawing import Plan
from cim.ifc.kernel import FAST
from cim.ifc.reader import read_open_file
from cim.ifc.warm import warm

def compiled():
    return {
        (name, attribute): tuple(value.signatures)
        for name, module in sys.modules.items() if name.startswith("cim.")
        for attribute, value in vars(module).items() if isinstance(value, CPUDispatcher)
    }

warm()
before, modules = compiled(), set(sys.modules)
path = Path(sys.argv[1])
document = open_document(path, Path(sys.argv[2]), file_bytes=1 << 30)
read_open_file(document, path, plan=Plan(FAST), progress=lambda *_: None, when_drawn=lambda: None)
cut = Path(sys.argv[2]) / "cut.ifc"
cut.write_bytes(path.read_bytes()[:-200])
open_document(cut, Path(sys.argv[2]), file_bytes=1 << 30)
after = compiled()
print(len(before), [name for name in after if after[name] != before[name]], set(sys.modules) - modules)
"""


def test_a_warm_process_compiles_and_imports_nothing_for_a_tower(
    sample_folder: Path, tmp_path: Path
) -> None:
    path = sample_folder / "submissions" / "violating.ifc"
    done = subprocess.run(
        [sys.executable, "-c", ASK, str(path), str(tmp_path)],
        capture_output=True,
        text=True,
        check=True,
    )
    count, _, found = done.stdout.strip().partition(" ")
    assert int(count) > 30
    assert found == "[] set()"
