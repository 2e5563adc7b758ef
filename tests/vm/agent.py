"""Runs inside the virtual machine: commands come over a serial line as JSON lines, and so do their ends.

`{"id": 1, "run": "arecord -l"}` is answered by `{"id": 1, "status": 0, "output": "…"}` when it has ended; meanwhile
others run. `{"id": 1, "signal": 15}` goes to the first process of a command that runs. Standard library only.
"""

import json
import signal
import subprocess
import sys
import threading
from pathlib import Path


def serve(path):
    """Until the line is closed."""
    lock = threading.Lock()
    running = {}
    with Path(path).open("r+b", buffering=0) as line:

        def answer(**message):
            data = json.dumps(message).encode() + b"\n"
            with lock:
                while data:
                    data = data[line.write(data) :]

        def run(number, command):
            process = subprocess.Popen(
                ["sh", "-c", command],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
            running[number] = process
            output = process.communicate()[0].decode(errors="replace")
            answer(id=number, status=process.returncode, output=output)

        answer(id=0, status=0, output="ready")
        for text in _lines(line):
            message = json.loads(text)
            if "signal" in message:
                _send(running.get(message["id"]), signal.Signals(message["signal"]))
            else:
                threading.Thread(target=run, args=(message["id"], message["run"]), daemon=True).start()


def _send(process, number):
    if process is not None and process.poll() is None:
        process.send_signal(number)


def _lines(file):
    """Lines of an unbuffered file; a serial line's buffered reader would wait for a full block."""
    waiting = b""
    while data := file.read(65536):
        *whole, waiting = (waiting + data).split(b"\n")
        yield from whole


if __name__ == "__main__":
    serve(sys.argv[1])
