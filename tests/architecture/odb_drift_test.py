"""The drift check goes red for each kind of drift, and stays green for what migrations may do more."""
import pathlib
import tempfile
import unittest

import odb_drift

ENTITY = ('CREATE TABLE "p_task" ("id" TEXT NOT NULL PRIMARY KEY, "title" TEXT NOT NULL, "due" INTEGER NULL, '
          '"list" TEXT NOT NULL, CONSTRAINT "list_fk" FOREIGN KEY ("list") REFERENCES "p_list" ("id"));'
          'CREATE TABLE "p_list" ("id" TEXT NOT NULL PRIMARY KEY, "name" TEXT NOT NULL);'
          'CREATE UNIQUE INDEX "p_list_name_i" ON "p_list" ("name");')
LIST = "CREATE TABLE p_list (id TEXT PRIMARY KEY NOT NULL, name VARCHAR(9) NOT NULL UNIQUE);"
TASK = ("CREATE TABLE p_task (id TEXT PRIMARY KEY NOT NULL, title TEXT NOT NULL, due BIGINT, "
        "list TEXT NOT NULL REFERENCES p_list(id){more});")


class DriftTest(unittest.TestCase):
    def said(self, *migrations):
        with tempfile.TemporaryDirectory() as folder:
            root = pathlib.Path(folder)
            (root / "entity").mkdir()
            (root / "entity" / "e.sql").write_text(ENTITY)
            for number, text in enumerate(migrations, 1):
                (root / f"{number:04}.sql").write_text(text)
            return odb_drift.run(root, [root / "entity" / "e.sql"])

    def test_equal_tables_are_no_drift(self):
        self.assertEqual(self.said(LIST, TASK.format(more="")), [])

    def test_migrations_may_hold_more(self):
        self.assertEqual(self.said(LIST, TASK.format(more=", rank REAL DEFAULT 1"), "CREATE TABLE p_raw (a);"
                                   "CREATE INDEX i ON p_task (due) WHERE due IS NOT NULL;"), [])

    def test_each_difference_is_named(self):
        for migrations, word in (
                ((LIST,), "no migration creates it"),
                ((LIST, TASK.format(more="").replace("due BIGINT, ", "")), "p_task.due"),
                ((LIST, TASK.format(more="").replace("due BIGINT", "due TEXT")), "affinity"),
                ((LIST, TASK.format(more="").replace("title TEXT NOT NULL", "title TEXT")), "not_null"),
                ((LIST, TASK.format(more="").replace("REFERENCES p_list(id)", "")), "refers to p_list"),
                ((LIST.replace(" UNIQUE", ""), TASK.format(more="")), "unique"),
                ((LIST, TASK.format(more=", extra TEXT NOT NULL")), "every insert would fail"),
                ((LIST, TASK.format(more="").replace("p_list(id)", "p_list(id) DEFERRABLE INITIALLY DEFERRED")),
                 "COMMIT of the whole group")):
            with self.subTest(word):
                said = self.said(*migrations)
                self.assertEqual(len(said), 1, said)
                self.assertIn(word, said[0])


if __name__ == "__main__":
    unittest.main()
