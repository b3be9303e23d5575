"""The words of the scenario that are not names: statuses and bytes."""

import re

from pintle import Status


def split(line: str) -> list[str]:
    """The words of a line; a text keeps its quotes."""
    return re.findall(r'"[^"]*"|[^ ]+', line)


def of_status(code: int) -> str:
    """The word for a status."""
    return next((status.name for status in Status if status == code), str(code))


def to_status(word: str) -> int:
    """The status that a word is for."""
    return Status[word] if word in Status.__members__ else int(word)


def to_bytes(word: str) -> bytes:
    """The bytes that a word is for."""
    if word.startswith('"'):
        return word[1:-1].encode()
    if "*" in word:
        count, digits = word.split("*")
        return bytes.fromhex(digits) * int(count)
    return bytes.fromhex(word)


def of_bytes(data: bytes) -> str:
    """The word for bytes."""
    if len(data) > 16 and len(set(data)) == 1:
        return f"{len(data)}*{data[:1].hex()}"
    if all(0x20 <= byte <= 0x7E and byte != ord('"') for byte in data):
        return f'"{data.decode()}"'
    return data.hex()
