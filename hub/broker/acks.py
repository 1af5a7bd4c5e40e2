"""Which received messages may be acknowledged together. Pure bookkeeping of one consuming channel."""


class Acks:
    """Tags in hand and tags that are done; one acknowledgement may cover a whole run of them."""

    def __init__(self) -> None:
        self._in_hand: dict[int, None] = {}  # ordered: tags grow
        self._done: list[int] = []

    def received(self, tag: int) -> None:
        """A message came."""
        self._in_hand[tag] = None

    def done(self, tag: int) -> bool:
        """Its handler returned; True where this is the first since the last flush."""
        del self._in_hand[tag]
        self._done.append(tag)
        return len(self._done) == 1

    def put_back(self, tag: int) -> None:
        """It was given back to the queue."""
        del self._in_hand[tag]

    def flush(self) -> list[tuple[int, bool]]:
        """Return the acknowledgements to send now, as (tag, and all before it).

        "And all before it" is only said where no earlier message is still in hand.
        """
        done, self._done = sorted(self._done), []
        first_in_hand = next(iter(self._in_hand), None)
        together = [tag for tag in done if first_in_hand is None or tag < first_in_hand]
        single = [(tag, False) for tag in done[len(together) :]]
        return [(together[-1], len(together) > 1), *single] if together else single
