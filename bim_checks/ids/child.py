"""The guarded child that holds an IDS document against an IFC file, a task of `cim.nursery`: one argument, the path of a request.

It confines itself before it touches either file, and leaves ``answer.json`` in its folder: the report or a typed refusal.
Both files may be hostile: the model crashes parsers, the document brings patterns that never end. Either costs this process.
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from cim.errors import CimError, UnreadableIfcError
from cim.ifc.confinement import bound, leave_network
from cim.text import Text

ANSWER = "answer.json"
NOT_ISOLATED = 76  # exit code: the network could not be left, and the settings demand it

SMALL = """ISO-10303-21;
HEADER;
FILE_DESCRIPTION((''),'2;1');
FILE_NAME('','',(''),(''),'','','');
FILE_SCHEMA(('IFC4'));
ENDSEC;
DATA;
#1=IFCSIUNIT(*,.LENGTHUNIT.,$,.METRE.);
#2=IFCUNITASSIGNMENT((#1));
#3=IFCPROJECT('0000000000000000000000',$,$,$,$,$,$,$,#2);
ENDSEC;
END-ISO-10303-21;
"""


def preload() -> None:
    """Import all that a run needs, build the schema of IDS, and open a small file, which loads compiled code."""
    from ifctester.ids import get_schema

    import bim_checks.ids.evaluate
    import bim_checks.ids.soundness  # noqa: F401
    from cim.ifc.document import open_document

    get_schema()
    with tempfile.TemporaryDirectory(prefix="cim-ids-") as folder:
        small = Path(folder) / "small.ifc"
        small.write_text(SMALL, encoding="ascii")
        open_document(small, Path(folder), file_bytes=len(SMALL))


def main(arguments: list[str]) -> int:
    """Serve one request."""
    request = json.loads(Path(arguments[0]).read_text(encoding="utf-8"))
    bound(request)
    if not leave_network() and request["must_isolate"]:
        return NOT_ISOLATED
    try:
        answer: dict[str, Any] = {"report": _report(request)}
    except CimError as error:
        answer = {"error": _told(error)}
    Path(ANSWER).write_text(json.dumps(answer), encoding="utf-8")
    return 0


def _report(request: Mapping[str, Any]) -> dict[str, Any]:
    from bim_checks.ids.document import read_document
    from bim_checks.ids.evaluate import evaluate
    from bim_checks.ids.soundness import refuse_unsound
    from cim.ifc.document import open_document

    ids, ifc = Path(request["ids"]), Path(request["ifc"])
    document = read_document(ids)
    refuse_unsound(document, ids)
    opened = open_document(ifc, Path.cwd(), file_bytes=request["file_bytes"])
    barring = [defect.sentence for defect in opened.defects if defect.kind.bars_verdicts]
    if barring:
        raise UnreadableIfcError(
            Text(
                zh="文件不完整或已损坏，不作判断：{reason}",
                en="the file is not whole, so nothing is judged: {reason}",
            ).format(reason=barring[0]),
            path=ifc,
            remedy=Text(zh="请重新导出并完整提交。", en="Export it again and submit it whole."),
        )
    return evaluate(document, opened.opened()).to_json()


def _told(error: CimError) -> dict[str, Any]:
    return {
        "is_model": isinstance(error, UnreadableIfcError),
        "reason": error.reason.to_json(),
        "place": error.place,
        "remedy": error.remedy.to_json() if error.remedy else None,
    }


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
