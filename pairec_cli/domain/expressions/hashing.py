"""xxHash64 and MurmurHash3 (x86, 32 bits), the hashes of PAI-Rec's expressions.

Sources: the xxHash specification (XXH64) and the reference MurmurHash3, both with seed 0.
"""

from __future__ import annotations

_64, _32 = 2**64 - 1, 2**32 - 1
_P1, _P2, _P3 = 0x9E3779B185EBCA87, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9
_P4, _P5 = 0x85EBCA77C2B2AE63, 0x27D4EB2F165667C5


def _left64(value: int, by: int) -> int:
    return (value << by | value >> 64 - by) & _64


def _left32(value: int, by: int) -> int:
    return (value << by | value >> 32 - by) & _32


def _round(lane: int, word: int) -> int:
    return _left64(lane + word * _P2 & _64, 31) * _P1 & _64


def xxhash64(data: bytes) -> int:
    size = len(data)
    words = [int.from_bytes(data[at : at + 8], "little") for at in range(0, size - size % 8, 8)]
    striped = size // 32 * 4
    if size >= 32:
        lanes = [(_P1 + _P2) & _64, _P2, 0, -_P1 & _64]
        for index, word in enumerate(words[:striped]):
            lanes[index % 4] = _round(lanes[index % 4], word)
        result = sum(_left64(lane, by) for lane, by in zip(lanes, (1, 7, 12, 18), strict=True)) & _64
        for lane in lanes:
            result = ((result ^ _round(0, lane)) * _P1 + _P4) & _64
    else:
        result = _P5
    result = (result + size) & _64
    for word in words[striped:]:
        result = (_left64(result ^ _round(0, word), 27) * _P1 + _P4) & _64
    return _avalanched64(_with_tail(result, data[len(words) * 8 :]))


def _with_tail(result: int, tail: bytes) -> int:
    if len(tail) >= 4:
        result ^= int.from_bytes(tail[:4], "little") * _P1 & _64
        result = (_left64(result, 23) * _P2 + _P3) & _64
        tail = tail[4:]
    for byte in tail:
        result = _left64(result ^ byte * _P5 & _64, 11) * _P1 & _64
    return result


def _avalanched64(value: int) -> int:
    value = (value ^ value >> 33) * _P2 & _64
    value = (value ^ value >> 29) * _P3 & _64
    return value ^ value >> 32


def murmur3_32(data: bytes) -> int:
    def mixed(word: int) -> int:
        return _left32(word * 0xCC9E2D51 & _32, 15) * 0x1B873593 & _32

    result, size = 0, len(data)
    whole = size - size % 4
    for at in range(0, whole, 4):
        result ^= mixed(int.from_bytes(data[at : at + 4], "little"))
        result = (_left32(result, 13) * 5 + 0xE6546B64) & _32
    result ^= mixed(int.from_bytes(data[whole:], "little")) ^ size
    result = (result ^ result >> 16) * 0x85EBCA6B & _32
    result = (result ^ result >> 13) * 0xC2B2AE35 & _32
    return result ^ result >> 16
