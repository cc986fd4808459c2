"""A `forge` script for shell scripts under test, whose processes begin with everything imported.

Starting Python and importing torch and Lightning takes most of the time of a short command. A
server has done so once, and each call of the script runs in a copy of it.
"""

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from support.commands import importing_tests

# Sends its words, folder, environment and streams to the server, and ends with the code it sends.
_CLIENT: Final = """#!{python} -IS
import array, json, os, socket, sys
line = socket.socket(socket.AF_UNIX)
line.connect({address!r})
said = json.dumps([sys.argv, os.getcwd(), dict(os.environ)]).encode()
fds = array.array("i", [0, 1, 2])
line.sendmsg([len(said).to_bytes(4, "big")], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, fds)])
line.sendall(said)
sys.exit(line.recv(1)[0])
"""
_SERVER: Final = """
import json, os, socket, sys, traceback
import torch, lightning.pytorch, torchmetrics, matplotlib.pyplot, pyarrow.parquet
import forge.ml.module, forge.ml.data, forge.learn.training, forge.oracle.shards.pipeline
import forge.models.promote
from forge.cli.main import main

server = socket.socket(fileno=int(sys.argv[1]))
owner = os.getppid()
server.settimeout(1)
while True:
    try:
        line, _ = server.accept()
    except TimeoutError:
        if os.getppid() != owner:  # which was killed
            os._exit(0)
        continue
    if os.fork() == 0:
        break
    line.close()
server.close()
line.setblocking(True)
child = os.fork()
if child:
    line.send(bytes([os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])]))
    os._exit(0)
size, fds, _, _ = socket.recv_fds(line, 4, 3)
said = b""
while len(said) < int.from_bytes(size, "big"):
    said += line.recv(1 << 16)
sys.argv, folder, environment = json.loads(said)
for at, fd in enumerate(fds):
    os.dup2(fd, at)
sys.stdout, sys.stderr = (open(fd, "w", buffering=1, closefd=False) for fd in (1, 2))
os.chdir(folder)
os.environ.clear()
os.environ.update(environment)
torch.set_num_threads(1)
code = 1
try:
    main()
except SystemExit as ended:
    code = ended.code or 0
except BaseException:
    traceback.print_exc()
finally:
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)
"""


@contextmanager
def warm_forge(folder: Path) -> Iterator[Path]:
    """A folder with the script, to stand first in PATH, for as long as the context is open."""
    address = str(folder / "socket")
    script = folder / "forge"
    script.write_text(_CLIENT.format(python=sys.executable, address=address))
    script.chmod(0o755)
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(address)
        listening.listen()
        server = subprocess.Popen(
            [sys.executable, "-c", _SERVER, str(listening.fileno())],
            pass_fds=[listening.fileno()],
            env=importing_tests(WANDB_MODE="disabled"),
            start_new_session=True,
        )
        try:
            yield folder
        finally:
            os.killpg(server.pid, 9)
            server.wait()
