"""A user without a browser: speaks the app's websocket protocol, moves a slider, counts what comes back."""

import time
from collections.abc import Mapping
from urllib.parse import urlencode

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.sync.client import connect

PATIENCE = 60.0
EARLY = ForwardMsg.FINISHED_EARLY_FOR_RERUN
QUIET = 0.05
"""Seconds of silence after which a run that finished was the last one."""


class Visitor:
    """One open page of the app. sliders: each slider last sent, by label; pages: script hash of each page by title."""

    def __init__(self, address: str, **link: str) -> None:
        self.sliders: Mapping = {}
        self.pages: dict[str, str] = {}
        self.page = ""
        self.query = urlencode(link)
        self.values: dict[str, str] = {}
        self.bytes = 0
        stream = address.replace("http", "ws", 1) + "/_stcore/stream"
        self.connection = connect(stream, subprotocols=["streamlit"], max_size=None, origin=address)

    def __enter__(self):
        self.socket = self.connection.__enter__()
        return self

    def __exit__(self, *problem):
        self.connection.__exit__(*problem)

    def open(self, page=""):
        """A whole run of a page by title, as after a click in the menu. Seconds it took."""
        self.page = self.pages.get(page, self.page)
        return self._run()

    def move(self, label, steps=1):
        """Move a slider by so many steps, at most to its end. Seconds until the last run it caused was over."""
        slider = self.sliders[label]
        at = list(slider.options).index(self.values[slider.id]) + steps
        self.values[slider.id] = slider.options[min(max(at, 0), len(slider.options) - 1)]
        return self._run()

    def _run(self):
        asked = BackMsg()
        asked.rerun_script.query_string = self.query
        asked.rerun_script.page_script_hash = self.page
        for name, value in self.values.items():
            state = asked.rerun_script.widget_states.widgets.add()
            state.id = name
            state.string_array_value.data.append(value)
        began = time.perf_counter()
        self.bytes = 0
        self.socket.send(asked.SerializeToString())
        return self._listen() - began

    def _listen(self):
        """When the last run finished; a control asks for the parts that follow it, which is a second run."""
        finished, patience = None, PATIENCE
        while True:
            try:
                text = self.socket.recv(patience)
            except TimeoutError:
                if finished is None:
                    raise
                return finished
            self.bytes += len(text)
            told = ForwardMsg.FromString(text)
            kind = told.WhichOneof("type")
            if kind == "script_finished":
                finished = None if told.script_finished == EARLY else time.perf_counter()
            elif kind == "new_session":
                finished = None
                self.page = told.new_session.page_script_hash
            else:
                self._note(kind, told)
            patience = PATIENCE if finished is None else QUIET

    def _note(self, kind, told):
        if kind == "navigation":
            self.pages = {page.page_name: page.page_script_hash for page in told.navigation.app_pages}
        elif kind == "delta" and told.delta.new_element.WhichOneof("type") == "slider":
            slider = told.delta.new_element.slider
            self.sliders = {**self.sliders, slider.label: slider}
            if slider.set_value or slider.id not in self.values:
                first = slider.options[int(slider.default[0])]
                self.values[slider.id] = slider.raw_value[0] if slider.raw_value else first
