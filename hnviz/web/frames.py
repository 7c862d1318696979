"""WebSocket frames, counted as they arrive and before anything parses them (RFC 6455, 5.2)."""

SHORT, LONG = 126, 127  # lengths that say: the length is in the next two bytes, or eight
FIN, CONTROL, MASK, LENGTH = 0x80, 0x08, 0x80, 0x7F


class Frames:
    """Walks along the frames of one connection and reads only their heads.

    What is wrong with a frame is left to the parser behind it.
    """

    def __init__(self) -> None:
        self.size = 0  # bytes of the message under way, as its frames announce them
        self.largest = 0  # bytes of a message so far
        self.messages = 0  # that are complete
        self.complete = 0  # messages, and control frames between them
        self._left = 0  # bytes of the frame under way that have not come
        self._open = False  # a message is under way
        self._ends = 0, 0  # what is complete with this frame: anything, a message

    @property
    def received(self) -> int:
        """Bytes that have come of the message under way."""
        return max(0, self.size - self._left)

    @property
    def is_halfway(self) -> bool:
        """Return whether a frame or a message is under way."""
        return self._left > 0 or self._open

    def walk(self, data: bytearray, most: int) -> tuple[int, int]:
        """Walk over at most so many frames; return how many bytes and how many heads these had.

        It stops in front of a head that is not complete.
        """
        end = heads = 0
        while end < len(data):
            if self._left:
                step = min(self._left, len(data) - end)
                end, self._left = end + step, self._left - step
                if not self._left:
                    self._close()
            elif heads == most or not (after := self._head(data, end)):
                break
            else:
                end, heads = after, heads + 1
        return end, heads

    def _head(self, data: bytearray, at: int) -> int:
        """Read a frame's head; return where its content begins, 0 if the head is not complete."""
        if len(data) < at + 2:
            return 0
        first, second = data[at], data[at + 1]
        length = second & LENGTH
        wide = {SHORT: 2, LONG: 8}.get(length, 0)
        content = at + 2 + wide + (4 if second & MASK else 0)
        if len(data) < content:
            return 0
        if wide:
            length = int.from_bytes(data[at + 2 : at + 2 + wide], "big")
        if first & CONTROL:  # it may come between two frames of a message
            self._ends = int(not self._open), 0
        else:
            self.size += length
            self.largest = max(self.largest, self.size)
            self._open = not first & FIN
            self._ends = int(not self._open), int(not self._open)
        self._left = length
        if not length:
            self._close()
        return content

    def _close(self) -> None:
        """Note that a frame is complete."""
        ends, messages = self._ends
        self.complete += ends
        self.messages += messages
        if ends:
            self.size = 0
