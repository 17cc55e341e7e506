"""Canonical DAG-CBOR and links, for decoder.py: see "Canonical form" in bytes.md."""
import base64
import hashlib
import re

class Refusal(Exception):
    """Bytes that must be refused, under one of the codes of codes.md."""

    def __init__(self, code, words):
        super().__init__(f"{code}: {words}")
        self.code = code

def need(holds, words, code="malformed"):
    """Refuses, in words and under a code, unless a rule holds."""
    if not holds:
        raise Refusal(code, words)

MOST_DEPTH, MOST_ENTRIES, MOST_TEXT = 12, 4096, 16 << 10
UNSIGNED, NEGATIVE, BYTES, TEXT, ARRAY, MAP, TAG, SIMPLE = range(8)
LINK_PREFIX = bytes.fromhex("0001711220")  # of a link's 37 bytes under tag 42

class Link(bytes):
    """A content ID: the 32 bytes of its digest, since all else is fixed."""

    def __str__(self):
        return "b" + base64.b32encode(LINK_PREFIX[1:] + self).decode().rstrip("=").lower()

    @classmethod
    def of(cls, content):
        return cls(hashlib.sha256(content).digest())

    @classmethod
    def parse(cls, text):
        need(re.fullmatch("b[a-z2-7]{58}", text), "no CID")
        raw = base64.b32decode(text[1:].upper() + "======")
        link = cls(raw[4:])
        need(str(link) == text, "a CID of another form, or with spare bits set")
        return link

def decode(data):
    """Reads data, which must be one canonical item: dict, list, Link, bytes, str, int or bool."""
    item, end = decode_item(data, 0, 0)
    need(end == len(data), "something after the item")
    return item

def decode_head(data, at):
    """Reads one head: the major type, its argument, and where its content begins."""
    need(at < len(data), "cut off")
    major, form = data[at] >> 5, data[at] & 31
    at += 1
    if form < 24 or major == SIMPLE:
        return major, form, at
    need(form < 28, "an indefinite or reserved length")
    size = 1 << form - 24
    need(at + size <= len(data), "cut off")
    argument = int.from_bytes(data[at : at + size], "big")
    need(argument >= (24 if size == 1 else 1 << 4 * size), "not the shortest form")
    return major, argument, at + size

def decode_item(data, at, depth):
    """Reads the item at a place, inside depth arrays and maps: what it is and where it ends."""
    major, n, at = decode_head(data, at)
    if major in (UNSIGNED, NEGATIVE):
        need(n < 1 << 63, "an integer beyond 64 bits")
        return (n if major == UNSIGNED else -1 - n), at
    if major in (BYTES, TEXT):
        need(n <= len(data) - at, "cut off")
        raw, at = data[at : at + n], at + n
        return (raw if major == BYTES else decode_text(raw)), at
    if major in (ARRAY, MAP):
        need(n <= MOST_ENTRIES, "too many entries", "too_large")
        need(depth < MOST_DEPTH, "nested too deep", "too_large")
        return (decode_array if major == ARRAY else decode_map)(data, at, n, depth + 1)
    if major == TAG:
        raw = data[at : at + 39]
        need(n == 42 and raw[:2] == b"\x58\x25" and len(raw) == 39, "a tag other than a link's")
        need(raw[2:7] == LINK_PREFIX, "a link of another form")
        return Link(raw[7:]), at + 39
    need(n in (20, 21), "null, a float or another simple value")
    return n == 21, at

def decode_text(raw):
    need(len(raw) <= MOST_TEXT, "a text too long", "too_large")
    try:
        return raw.decode("utf-8")  # refuses surrogates and overlong forms
    except UnicodeDecodeError as wrong:
        raise Refusal("malformed", "text that is not UTF-8") from wrong

def decode_array(data, at, count, depth):
    items = []
    for _ in range(count):
        item, at = decode_item(data, at, depth)
        items.append(item)
    return items, at

def decode_map(data, at, count, depth):
    entries, last = {}, (-1, b"")
    for _ in range(count):
        need(data[at : at + 1] and data[at] >> 5 == TEXT, "a key that is no text")
        key, at = decode_item(data, at, depth)
        need(last < key_order(key), "keys out of order, or one twice")
        entries[key], at = decode_item(data, at, depth)
        last = key_order(key)
    return entries, at

def key_order(key):
    return len(key.encode()), key.encode()

def encode(item):
    """Writes an item in its one canonical form."""
    if isinstance(item, bool):
        return b"\xf5" if item else b"\xf4"
    if isinstance(item, int):
        return encode_head(UNSIGNED, item) if item >= 0 else encode_head(NEGATIVE, -1 - item)
    if isinstance(item, Link):
        return b"\xd8\x2a" + encode(LINK_PREFIX + item)
    if isinstance(item, bytes):
        return encode_head(BYTES, len(item)) + item
    if isinstance(item, str):
        return encode_head(TEXT, len(item.encode())) + item.encode()
    if isinstance(item, list):
        return encode_head(ARRAY, len(item)) + b"".join(map(encode, item))
    return encode_head(MAP, len(item)) + b"".join(encode(k) + encode(item[k]) for k in sorted(item, key=key_order))

def encode_head(major, n):
    if n < 24:
        return bytes([major << 5 | n])
    form = next(f for f in range(4) if n < 1 << (8 << f))
    return bytes([major << 5 | 24 + form]) + n.to_bytes(1 << form, "big")

def says_nothing(value):
    """Whether a key with this value must be left out, known or not."""
    if isinstance(value, dict):
        return all(map(says_nothing, value.values()))
    if isinstance(value, bytes):
        return not any(value)  # a link's digest too
    return not value  # 0, false, empty text and an empty list
