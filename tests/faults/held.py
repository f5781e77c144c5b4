"""Hold a port while the program that serves it comes and goes, as systemd's socket unit does."""

import os
import socket
import subprocess
import sys

FIRST = 3  # systemd's SD_LISTEN_FDS_START
PROGRAM = """
import os
os.environ.update(LISTEN_PID=str(os.getpid()), LISTEN_FDS="1")
from web.cli import main
main()
"""


def main() -> None:
    """Start the program anew whenever it ended."""
    port = int(sys.argv[sys.argv.index("--port") + 1])
    with socket.create_server(("127.0.0.1", port), backlog=128) as listening:
        os.dup2(listening.fileno(), FIRST)
        while True:
            command = [sys.executable, "-c", PROGRAM, *sys.argv[1:]]
            subprocess.run(command, pass_fds=[FIRST], check=False)


if __name__ == "__main__":
    main()
