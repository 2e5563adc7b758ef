import os
import subprocess
import sys

from benches.processes import below, cpu_seconds, memory, verb

BUSY = "import sys, time\nwhile time.process_time() < 0.3: pass\nprint(flush=True)\nsys.stdin.read()"


def test_child_is_found_with_what_it_uses():
    before = cpu_seconds(os.getpid())
    command = [sys.executable, "-c", BUSY]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as child:
        child.stdout.readline()
        assert child.pid in below(os.getpid())
        assert cpu_seconds(os.getpid()) - before >= 0.25
        used = memory(child.pid)
        assert 0 < used.pss <= used.rss
        assert verb(child.pid).startswith("python")
        child.stdin.close()
