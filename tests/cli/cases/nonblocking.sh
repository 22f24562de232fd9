# SPDX-License-Identifier: MIT
# Standard output in non-blocking mode, as an event loop's sockets and pipes are: a reader that is slow gets every answer.
type -P python3 >/dev/null || skip "python3 is not installed"
cat >nonblocking.py <<'END_PY'
import os, socket, subprocess, sys, time
requests = b'{"op":"info"}\n' * 500
for kind in "pipe", "socket":
    reader, writer = socket.socketpair() if kind == "socket" else map(os.fdopen, os.pipe(), "rw")
    os.set_blocking(writer.fileno(), False)
    server = subprocess.Popen([*sys.argv[1:], "serve"], stdin=subprocess.PIPE, stdout=writer)
    writer.close()
    server.stdin.write(requests)
    server.stdin.close()
    time.sleep(0.5)
    lines = 0
    while piece := os.read(reader.fileno(), 50000):
        lines += piece.count(b"\n")
        time.sleep(0.001)
    print(kind, lines, server.wait())
END_PY
python3 nonblocking.py "$POLYTOME"
