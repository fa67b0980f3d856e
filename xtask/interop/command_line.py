"""Runs a command line of the published packages: one JSON list of arguments in, one exit code and output out.

Which one is the argument, as the module that holds its `main`. Each command is a process of its own, forked after the
imports, which would otherwise be most of its life.
"""

import contextlib
import importlib
import io
import json
import os
import sys
import traceback

MAIN = importlib.import_module(sys.argv[1]).main


def run(arguments):
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(io.StringIO()):
        try:
            code = MAIN(arguments)
        except SystemExit as end:
            code = end.code
        except BaseException:
            traceback.print_exc()
            code = 1
    return {"exit": code, "stdout": printed.getvalue()}


for line in sys.stdin:
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        with os.fdopen(writer, "w") as answer:
            json.dump(run(json.loads(line)), answer)
        os._exit(0)
    os.close(writer)
    with os.fdopen(reader) as answer:
        print(answer.read())
    os.waitpid(child, 0)
