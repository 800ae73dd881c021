#!/usr/bin/env python3
"""The checkers must find what is wrong: every line below breaks one promise, and a good one beside it breaks none."""
import json
import pathlib
import sys
import unittest

import yaml

root = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(root / "tests/contract"))
import check_events  # noqa: E402
import check_openapi  # noqa: E402

TASK = {"id": "0190b5a0-0000-7000-8000-000000000001", "owner": "ana", "title": "a", "description": "", "status": "pending", "priority": "medium",
        "tags": [], "project_id": None, "parent_id": None, "due": {"date": "2026-08-19"}, "reminders": [], "recurrence": None, "version": 1,
        "created_at": "2026-08-18T10:00:00.000Z", "updated_at": "2026-08-18T10:00:00.000Z", "completed_at": None, "assignee_id": None}


def exchange(**changes):
    good = {"method": "POST", "path": "/api/v1/tasks", "request_headers": {}, "request_body": '{"title":"a"}', "status": 201,
            "headers": {"content-type": "application/json", "etag": '"1"', "location": "/api/v1/tasks/x"}, "body": json.dumps(TASK)}
    return {**good, **changes}


def event(**changes):
    payload = {"task": TASK, "actor": {"id": "ana", "kind": "user"}, "correlation_id": "c"}
    good = {"topic": "task-events", "type": "todo.task.created.v1", "key": "ana", "payload": payload}
    record = {**good, **changes}
    return {**record, "payload": json.dumps(record["payload"])}


class OpenApi(unittest.TestCase):
    def setUp(self):
        self.check = check_openapi.checker(yaml.safe_load((root / "schemas/api/openapi.yaml").read_text(encoding="utf-8"))).check

    def test_a_good_answer_passes(self):
        self.assertEqual(self.check(exchange()), [])

    def test_breaches_are_found(self):
        problem = {"type": "/problems/x", "title": "X", "status": 404, "code": "x"}
        for name, bad in {
            "a field that is missing": exchange(body=json.dumps({key: value for key, value in TASK.items() if key != "due"})),
            "a field nobody promised": exchange(body=json.dumps({**TASK, "secret": 1})),
            "a date as an instant": exchange(body=json.dumps({**TASK, "due": {"date": "2026-08-19T00:00:00Z"}})),
            "a status nobody promised": exchange(status=202),
            "a header that is missing": exchange(headers={"content-type": "application/json", "etag": '"1"'}),
            "an ETag of another form": exchange(headers={"content-type": "application/json", "etag": "1", "location": "/"}),
            "another content type": exchange(headers={"content-type": "text/html", "etag": '"1"', "location": "/"}),
            "an accepted request that is refused on paper": exchange(request_body='{"title":"a","owner":"b"}'),
            "an error that is no problem": exchange(status=404, headers={"content-type": "application/json"}, body="{}"),
            "a problem of another status": exchange(status=409, headers={"content-type": "application/problem+json"}, body=json.dumps(problem)),
            "a path nobody described": exchange(path="/api/v1/taskz", status=200),
        }.items():
            self.assertNotEqual(self.check(bad), [], name)


class Events(unittest.TestCase):
    def setUp(self):
        self.check = check_events.schemas(root / "schemas/events/json").check

    def test_a_good_event_passes(self):
        self.assertEqual(self.check(event()), [])

    def test_breaches_are_found(self):
        good = json.loads(event()["payload"])
        for name, bad in {
            "an unknown type": event(type="todo.task.moved.v1"),
            "an unknown topic": event(topic="tasks"),
            "another key": event(key="bob"),
            "no actor": event(payload={key: value for key, value in good.items() if key != "actor"}),
            "a created one with a before": event(payload={**good, "before": TASK}),
            "an update without one": event(type="todo.task.updated.v1"),
            "a completion of an open task": event(type="todo.task.completed.v1"),
            "a done task without its time": event(payload={**good, "task": {**TASK, "status": "completed"}}),
            "two forms of due": event(payload={**good, "task": {**TASK, "due": {"date": "2026-08-19", "instant": "2026-08-19T00:00:00Z"}}}),
            "a screen update of a deletion with the task": event(topic="task-updates", type="todo.task.deleted.v1", payload={
                "event": "deleted", "task_id": TASK["id"], "version": 2, "task": TASK, "actor": good["actor"], "correlation_id": "c"}),
        }.items():
            self.assertNotEqual(self.check(bad), [], name)


if __name__ == "__main__":
    unittest.main()
