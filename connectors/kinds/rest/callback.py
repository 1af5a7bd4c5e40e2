"""Calls of a department into the hub: verified first, read second, answered once the hub has recorded them."""

from datetime import datetime

import orjson

from connectors.contract import Call, CallRefused, CallReply, Received
from connectors.kinds.rest.bodies import read_statuses
from connectors.kinds.rest.options import Callback, TifCheck
from connectors.wire.signing import Replays, SignatureRefused, verify_hmac, verify_tif

_JSON = {"content-type": "application/json"}


class CallbackReader:
    """Verifies and opens calls by the pack's rule."""

    def __init__(self, rule: Callback) -> None:
        self._rule, self._replays = rule, Replays()

    def read(self, call: Call) -> Received | CallRefused:
        """Return the statuses of a call, or why it is refused."""
        try:
            nonce = self._verify(call, call.received_at)
            self._replays.admit(nonce, call.body, call.received_at)
        except SignatureRefused as error:
            reply = CallReply(status=401, body=orjson.dumps(self._rule.refusal), headers=_JSON)
            return CallRefused(reply=reply, reason=str(error))
        return Received(
            statuses=read_statuses(call.body, self._rule.statuses, "callback"),
            reply=CallReply(status=200, body=orjson.dumps(self._rule.thanks), headers=_JSON),
        )

    def _verify(self, call: Call, now: datetime) -> str:
        check = self._rule.check
        token = check.token.get_secret_value()
        if isinstance(check, TifCheck):
            header = check.body_header.lower() if check.body_header else None
            return verify_tif(call.headers, call.body, app_id=check.app_id, token=token, body_header=header, now=now)
        return verify_hmac(call.headers, call.body, token=token, prefix=check.prefix.lower(), now=now)
