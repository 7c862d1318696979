"""A pipe's end for the engine beside stdin, stdout and stderr; each system has its own way."""

import os
import subprocess
import sys
from typing import Any

if sys.platform == "win32":
    import msvcrt


def frames_for_child(descriptor: int) -> tuple[int, dict[str, Any]]:
    """Return the name under which a child knows a descriptor, and Popen's options for that.

    They also keep a ^C in the terminal from the child: it ends the app, which ends the engine.
    """
    if sys.platform == "win32":
        handle = msvcrt.get_osfhandle(descriptor)
        os.set_handle_inheritable(handle, True)
        startup = subprocess.STARTUPINFO(lpAttributeList={"handle_list": [handle]})
        flags = subprocess.CREATE_NEW_PROCESS_GROUP
        return handle, {"startupinfo": startup, "creationflags": flags}
    return descriptor, {"pass_fds": (descriptor,), "start_new_session": True}


def frames_in_child(name: int) -> int:
    """Return the descriptor behind a name that was handed down."""
    if sys.platform == "win32":
        return msvcrt.open_osfhandle(name, 0)
    os.set_inheritable(name, False)  # or a trainer would keep the client waiting for its end
    return name
