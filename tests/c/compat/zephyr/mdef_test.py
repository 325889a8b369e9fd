"""Proves what tools/mdef.py makes of MDEF files, and that it finds every error in one.

    mdef_test.py MDEF.py
"""

import contextlib
import importlib.util
import io
import pathlib
import sys
import tempfile
import unittest

sys.dont_write_bytecode = True
SPEC = importlib.util.spec_from_file_location("mdef", sys.argv.pop(1))
MDEF = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(MDEF)


class MdefTest(unittest.TestCase):
    def run_on(self, text):
        """(exit code, errors and notes without the file's name, sysgen.h, kernel_main.c)"""
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder, "project.mdef")
            path.write_text(text, encoding="utf-8")
            said = io.StringIO()
            folder = pathlib.Path(folder, "made", "by", "it")
            sys.argv = ["mdef.py", str(path), str(folder)]
            with contextlib.redirect_stderr(said):
                code = MDEF.main()
            made = []
            for name in ("sysgen.h", "kernel_main.c"):
                file = pathlib.Path(folder, name)
                made.append(file.read_text(encoding="utf-8") if file.exists() else None)
            lines = [line.replace(f"{path}:", "") for line in said.getvalue().splitlines()]
            return code, lines, *made

    def expect_error(self, line, error):
        code, lines, header, source = self.run_on("% first\n" + line + "\n")
        self.assertEqual(lines, [f"2: error: {error}"])
        self.assertEqual((code, header, source), (1, None, None))

    def test_names_have_ids_in_the_order_of_the_file(self):
        code, lines, header, source = self.run_on(
            "% POOL NAME MIN MAX NMAX\n% ====\n\n  POOL MY_POOL 32 8192 1\n"
            "\tPOOL SECOND_POOL_ID\t64 1024 5\r\nMAP M1 4 16\nMAP M2 0x10 8\n"
            "HEAP_SIZE 4096\n")
        self.assertEqual((code, lines), (0, []))
        for line in ("MY_POOL 0x00010000", "SECOND_POOL_ID 0x00010001",
                     "_HEAP_MEM_POOL 0x00010002", "M1 0x00010000", "M2 0x00010001"):
            self.assertIn(f"#define {line}\n", header)
        self.assertIn("POOL_BYTES(32, 8192, 1)", source)
        self.assertIn("POOL_BYTES(64, 4096, 1)", source)
        self.assertIn("MAP_BYTES(16, 8)", source)

    def test_nothing_is_defined_by_nothing(self):
        code, lines, header, source = self.run_on("% POOL commented 1 2 3\n\n   \n")
        self.assertEqual((code, lines), (0, []))
        self.assertNotIn("define commented", header)
        self.assertNotIn("POOL_BYTES", source)

    def test_other_objects_are_noted_and_ignored(self):
        code, lines, _, _ = self.run_on(
            "TASK t 5 Entry 1024 [EXE]\nSEMA s\nPOOL p 64 64 1\n")
        self.assertEqual(code, 0)
        self.assertEqual(lines, ["1: note: TASK is not for corepool: ignored",
                                 "2: note: SEMA is not for corepool: ignored"])

    def test_sizes_that_do_not_fit_each_other_are_noted(self):
        code, lines, _, _ = self.run_on("POOL p 64 1000 1\n")
        self.assertEqual(code, 0)
        self.assertEqual(lines, ["1: note: POOL p: max 1000 is not min 64 times a power "
                                 "of 4; nearest: 256, 1024"])

    def test_every_wrong_line_is_told(self):
        code, lines, header, _ = self.run_on(
            "POOL a 64 64\nPOOL b 64 64 1\nPOOL\nFOO x\nMAP m 1\n")
        self.assertEqual((code, header), (1, None))
        self.assertEqual([line.split(":")[0] for line in lines], ["1", "3", "4", "5"])

    def test_errors(self):
        wrong = "invalid number of arguments"
        self.expect_error("POOL p 64 1024", f"{wrong}: POOL takes 4, not 3")
        self.expect_error("POOL p 64 1024 5 6", f"{wrong}: POOL takes 4, not 5")
        self.expect_error("POOL p 64 1024 5 % five", f"{wrong}: POOL takes 4, not 6")
        self.expect_error("TASK t 5", f"{wrong}: TASK takes 5, not 2")
        self.expect_error("pool p 64 1024 5", "unrecognized keyword pool")
        self.expect_error("POOL 1p 64 1024 5", "POOL: '1p' is no name")
        self.expect_error("POOL p-q 64 1024 5", "POOL: 'p-q' is no name")
        self.expect_error("POOL p 64 -1024 5", "POOL: '-1024' is no number")
        self.expect_error("POOL p 64 1k 5", "POOL: '1k' is no number")
        self.expect_error("POOL p 0 1024 5", "POOL p: sizes from 0 to 1024 are none")
        self.expect_error("POOL p 65 64 5", "POOL p: sizes from 65 to 64 are none")
        self.expect_error("POOL p 64 1024 9999999", "POOL p: more than 2147483647 bytes")
        self.expect_error("MAP m 4 0", "MAP m: 4 blocks of 0 bytes")
        self.expect_error("HEAP_SIZE 0", "HEAP_SIZE 0: 1 to 2147483647")
        code, lines, _, _ = self.run_on("POOL p 64 64 1\nMAP p 1 1\n")
        self.assertEqual(code, 1)
        self.assertEqual(lines,
                         ["2: error: MAP p: there is something of that name already"])


if __name__ == "__main__":
    unittest.main()
