"""Slot numbers: nobody else's while they are held."""

import subprocess
import sys
from pathlib import Path

from sandbox.slot_number import SlotNumber

ROOT = Path(__file__).parents[2]


def test_two_held_numbers_differ_and_a_closed_one_comes_back():
    first, second = SlotNumber(), SlotNumber()
    assert first.uid != second.uid
    free = first.uid
    first.close()
    third = SlotNumber()
    assert third.uid == free
    third.close()
    second.close()


def test_another_process_gets_another_number():
    code = "from sandbox.slot_number import SlotNumber; print(SlotNumber().uid)"
    mine = SlotNumber()
    theirs = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    mine.close()
    assert int(theirs.stdout) != mine.uid
