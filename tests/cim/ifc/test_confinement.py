"""What a reading process can still do once it has confined itself; each test in a process of its own."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from cim.ifc.limits import DEFAULT_LIMITS


def run(program: str, *arguments: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", textwrap.dedent(program), *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
        # As the process that forks readers: one with threads cannot take a user namespace.
        env=os.environ
        | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path)), "OPENBLAS_NUM_THREADS": "1"},
    )


CONNECT = """
    import socket, sys
    from cim.ifc.confinement import leave_network
    {as_whom}
    print(leave_network() if sys.argv[2] == "leave" else "stay")
    connection = socket.socket()
    try:
        connection.connect(("127.0.0.1", int(sys.argv[1])))
        print("connected")
    except OSError as error:
        print(error.strerror)
"""
WHO = {
    "as we are": "",
    "as nobody": "import os; os.geteuid() == 0 and (os.setgid(65534), os.setuid(65534))",
}


@pytest.mark.skipif(sys.platform != "linux", reason="network namespaces are Linux's")
@pytest.mark.parametrize("who", WHO)
def test_a_confined_process_reaches_no_listener_of_this_machine(who: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
        program = CONNECT.format(as_whom=WHO[who])
        assert run(program, port, "stay").stdout.split() == ["stay", "connected"]
        left, *told = run(program, port, "leave").stdout.split("\n")
    if left == "False":
        pytest.skip("this kernel gives no network namespaces")
    assert told[0] == "Network is unreachable"


BOUND = """
    import json, resource, sys
    from cim.ifc.confinement import bound
    bound(json.loads(sys.argv[1]))
    names = ("RLIMIT_CPU", "RLIMIT_AS", "RLIMIT_FSIZE", "RLIMIT_NOFILE", "RLIMIT_CORE")
    print([resource.getrlimit(getattr(resource, name))[0] for name in names])
    files = []
    try:
        while True:
            files.append(open("/dev/null"))
    except OSError as error:
        print(error.strerror, len(files) < 32)
    files.clear()
    try:
        bytearray(2 << 30)
    except MemoryError:
        print("MemoryError")
"""


@pytest.mark.skipif(sys.platform != "linux", reason="macOS does not bound address space")
def test_a_confined_process_is_bounded() -> None:
    limits = {"cpu_seconds": 7, "memory_bytes": 1 << 30, "written_bytes": 99, "open_files": 32}
    done = run(BOUND, json.dumps(limits))
    assert done.stdout.splitlines() == [
        f"[7, {1 << 30}, 99, 32, 0]",
        "Too many open files True",
        "MemoryError",
    ], done.stderr


WITHOUT = """
    import sys
    from cim.ifc import child
    child.leave_network = lambda: False
    raise SystemExit(child.main(sys.argv[1:]))
"""


@pytest.mark.parametrize("must", [True, False])
def test_where_a_process_cannot_leave_the_network_it_says_so(tmp_path: Path, must: bool) -> None:
    limits = DEFAULT_LIMITS
    asked = {
        "cpu_seconds": limits.cpu_seconds,
        "memory_bytes": limits.memory_bytes,
        "written_bytes": limits.written_bytes,
        "open_files": limits.open_files,
        "file_bytes": limits.file_bytes,
        "must_isolate": must,
        "path": str(tmp_path / "a.ifc"),
    }
    (tmp_path / "a.ifc").write_bytes(b"ISO-10303-21;")
    (tmp_path / "request.json").write_text(json.dumps(asked), encoding="utf-8")
    first, *more = run(WITHOUT, tmp_path / "request.json").stdout.splitlines()
    if must:
        kind, told = first.split(" ", 1)
        assert (kind, more) == ("e", [])
        assert "cannot be cut off from the network" in json.loads(told)["reason"]["en"]
        assert "CIM_READ_MUST_ISOLATE" in json.loads(told)["remedy"]["en"]
    else:
        assert first == "n"
        assert "cut off: END-ISO-10303-21" in more[0]
