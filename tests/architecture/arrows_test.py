"""The arrow check goes red for each planted wrong include, and stays green for the right ones."""
import pathlib
import tempfile
import unittest

import arrows

WRONG = [
    ("host/runtime/lane.cpp", "host/storage/sqlite_store.hpp"),
    ("host/runtime/lane.cpp", "host/log/embedded_log.hpp"),
    ("host/runtime/lane.cpp", "host/http/front.hpp"),
    ("host/runtime/lane.cpp", "sqlite3.h"),
    ("host/storage/store.cpp", "host/log/embedded_log.hpp"),
    ("host/websocket/session.cpp", "host/http/front.hpp"),
    ("host/http/front.cpp", "host/storage/sqlite_store.hpp"),
    ("host/core/ids.cpp", "host/io/clock.hpp"),
    ("host/io/store.hpp", "host/storage/sqlite_store.hpp"),
    ("host/app/main.cpp", "plugins/chat/chat.hpp"),
    ("host/app/audit_verify/verify.cpp", "host/core/result.hpp"),
    ("host/app/audit_verify/verify.cpp", "boost/json.hpp"),
    ("host/app/audit_verify/verify.cpp", "schemas/events/json_read.hpp"),
    ("host/storage/store.cpp", "odb/database.hxx"),
    ("host/app/main.cpp", "evh/odb.hpp"),
    ("host/app/main.cpp", "pistache/router.h"),
    ("host/app/main.cpp", "boost/dll/shared_library.hpp"),
    ("host/app/main.cpp", "spdlog/spdlog.h"),
    ("host/security/verify.cpp", "host/../host/http/front.hpp"),
    ("plugins/chat/api.cpp", "host/core/result.hpp"),
    ("plugins/chat/api.cpp", "plugins/sync/feed.hpp"),
    ("plugins/chat/api/list.cpp", "sqlite3.h"),
    ("plugins/chat/api/list.cpp", "odb/database.hxx"),
    ("plugins/chat/api/list.cpp", "../language/words.hpp"),
    ("plugins/calendar/zone.cpp", "evh/plugin.hpp"),
    ("sdk/include/evh/event.hpp", "host/core/result.hpp"),
    ("sdk/include/evh/event.hpp", "boost/json.hpp"),
    ("sdk/include/evh/abi/base.h", "string.h"),
    ("sdk/testing/host.cpp", "host/runtime/lane.hpp"),
    ("schemas/events/task_events.hpp", "evh/event.hpp"),
]
RIGHT = [
    ("host/runtime/lane.cpp", "host/io/store.hpp"),
    ("host/app/audit_verify/verify.cpp", "sodium.h"),
    ("host/app/audit_verify/verify.cpp", "host/app/audit_verify/note.hpp"),
    ("host/runtime/lane.cpp", "evh/abi/uow.h"),
    ("host/log/embedded_log.cpp", "host/storage/sqlite_store.hpp"),
    ("host/storage/sqlite/store.cpp", "sqlite3.h"),
    ("host/http/route/pistache_router.cpp", "pistache/router.h"),
    ("host/app/run.cpp", "host/websocket/session.hpp"),
    ("plugins/chat/tasks/store/tasks.cpp", "evh/odb.hpp"),
    ("plugins/chat/store/task_row.hxx", "odb/core.hxx"),
    ("plugins/chat/api.cpp", "plugins/calendar/zone.hpp"),
    ("plugins/chat/api.cpp", "schemas/events/task_events.hpp"),
    ("sdk/include/evh/abi/base.h", "stdint.h"),
]


class ArrowsTest(unittest.TestCase):
    def said(self, path, header):
        with tempfile.TemporaryDirectory() as folder:
            file = pathlib.Path(folder) / path
            file.parent.mkdir(parents=True)
            mark = '"%s"' if header.startswith(("host/", "plugins/", "schemas/", "..")) else "<%s>"
            file.write_text("// a file\n#  include " + mark % header + "\n")
            return arrows.wrong_includes(pathlib.Path(folder))[0]

    def test_a_wrong_include_goes_red(self):
        for path, header in WRONG:
            with self.subTest(f"{path} -> {header}"):
                said = self.said(path, header)
                self.assertEqual(len(said), 1, said)
                self.assertTrue(said[0].startswith(f"{path}:2:"), said)

    def test_a_right_include_stays_green(self):
        for path, header in RIGHT:
            with self.subTest(f"{path} -> {header}"):
                self.assertEqual(self.said(path, header), [])

    def test_every_adapter_is_in_the_table(self):
        tree = pathlib.Path(__file__).parents[2]
        modules = {folder.name for folder in (tree / "host").iterdir() if folder.is_dir()}
        self.assertEqual(modules - set(arrows.HOST_ARROWS) - {"app"}, set())


if __name__ == "__main__":
    unittest.main()
