"""Ctrl-C at a moment when it does no harm."""

from __future__ import annotations

import signal
import threading

import pytest

from pairec_cli.components.interrupts import deferred_interrupt


def press() -> None:
    signal.raise_signal(signal.SIGINT)


def test_the_first_is_noted_and_raised_at_the_end() -> None:
    reached = False
    with pytest.raises(KeyboardInterrupt), deferred_interrupt() as noted:
        assert not noted.asked
        press()
        reached = noted.asked
    assert reached


def test_the_second_is_raised_at_once() -> None:
    reached = False
    with pytest.raises(KeyboardInterrupt), deferred_interrupt():
        press()
        press()
        reached = True
    assert not reached


def test_afterwards_all_is_as_before() -> None:
    before = signal.getsignal(signal.SIGINT)
    with pytest.raises(ValueError, match="own"), deferred_interrupt():
        assert signal.getsignal(signal.SIGINT) != before
        raise ValueError("own")
    assert signal.getsignal(signal.SIGINT) == before


def test_other_threads_note_nothing() -> None:
    before = signal.getsignal(signal.SIGINT)
    seen = []

    def work() -> None:
        with deferred_interrupt() as noted:
            seen.append((noted.asked, signal.getsignal(signal.SIGINT)))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert seen == [(False, before)]
