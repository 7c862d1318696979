"""Pass the engine a pipe besides stdin, stdout and stderr; how depends on the system."""

import os
import subprocess
import sys
from typing import Any

if sys.platform == "win32":
    import msvcrt


def frames_for_child(descriptor: int) -> tuple[int, dict[str, Any]]:
    """Return the number by which a child knows a descriptor, and the Popen options for it.

    The options also shield the child from ^C in the terminal: ^C ends the app, and the app ends
    the engine.
    """
    if sys.platform == "win32":
        handle = msvcrt.get_osfhandle(descriptor)
        os.set_handle_inheritable(handle, True)
        startup = subprocess.STARTUPINFO(lpAttributeList={"handle_list": [handle]})
        flags = subprocess.CREATE_NEW_PROCESS_GROUP
        return handle, {"startupinfo": startup, "creationflags": flags}
    return descriptor, {"pass_fds": (descriptor,), "start_new_session": True}


def frames_in_child(name: int) -> int:
    """Return the descriptor for a number that `frames_for_child` gave."""
    if sys.platform == "win32":
        return msvcrt.open_osfhandle(name, 0)
    os.set_inheritable(name, False)  # otherwise a trainer holds it open, and the client waits
    return name
