"""Ed25519 under the rules of ZIP-215, for decoder.py: see "Signatures" in bytes.md.

It is made to be read, not to be fast, and takes no care of secrets.
"""
import functools
import hashlib

P = 2**255 - 19  # of the field
L = 2**252 + 27742317777372353535851937790883648493  # order of the base point
D = -121665 * pow(121666, -1, P) % P  # of the curve -x² + y² = 1 + d·x²·y²
ROOT = pow(2, (P - 1) // 4, P)  # a square root of -1
ZERO = (0, 1, 1, 0)  # points are (X, Y, Z, T): x = X/Z, y = Y/Z, xy = T/Z

def add(p, q):
    a = (p[1] - p[0]) * (q[1] - q[0]) % P
    b = (p[1] + p[0]) * (q[1] + q[0]) % P
    c = 2 * D * p[3] * q[3] % P
    d = 2 * p[2] * q[2] % P
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % P, g * h % P, f * g % P, e * h % P

def double(p):
    a, b = p[0] * p[0] % P, p[1] * p[1] % P
    h, g = a + b, a - b
    e = h - (p[0] + p[1]) ** 2
    f = 2 * p[2] * p[2] + g
    return e * f % P, g * h % P, f * g % P, e * h % P

def negate(p):
    return P - p[0], p[1], p[2], P - p[3]

def is_small(p):
    """Whether p is of small order: whether [8]p is the neutral element."""
    x, y, z, _ = double(double(double(p)))
    return x == 0 and y == z

def decompress(raw):
    """The point that 32 bytes name in any encoding, canonical or not; None if none."""
    y = int.from_bytes(raw, "little")
    sign, y = y >> 255, (y & (1 << 255) - 1) % P
    u, v = y * y - 1, D * y * y + 1
    x = u * v**3 * pow(u * v**7, (P - 5) // 8, P) % P  # the root of u/v, if it has one, but for
    if (v * x * x - u) % P:
        x = x * ROOT % P  # a root of -1
        if (v * x * x - u) % P:
            return None
    if x & 1 != sign:
        x = -x % P
    return x, y, 1, x * y % P

def compress(p):
    inverse = pow(p[2], -1, P)
    x, y = p[0] * inverse % P, p[1] * inverse % P
    return (y | (x & 1) << 255).to_bytes(32, "little")

def multiples(p):
    """p times 0 to 15, for sum_of_products."""
    table = [ZERO]
    for _ in range(15):
        table.append(add(table[-1], p))
    return table

def sum_of_products(*pairs):
    """Sums n·p over pairs of n and the multiples of p, four bits at a time."""
    total = ZERO
    for shift in range(252, -4, -4):
        total = double(double(double(double(total))))
        for n, table in pairs:
            total = add(total, table[n >> shift & 15])
    return total

BASE = multiples(decompress((4 * pow(5, -1, P) % P).to_bytes(32, "little")))

@functools.lru_cache(maxsize=1024)
def public_key(raw):
    """The multiples of -A for a public key A; ValueError where A is one that is refused."""
    point = decompress(raw)
    if point is None:
        raise ValueError("a key that is no point of the curve")
    if compress(point) != raw:
        raise ValueError("a key whose encoding is not canonical")
    if is_small(point):
        raise ValueError("a key of small order")
    return multiples(negate(point))

def scalar(*parts):
    return int.from_bytes(hashlib.sha512(b"".join(parts)).digest(), "little") % L

def verify(key, message, signature):
    """Whether [8][S]B = [8]R + [8][k]A, with S below the group order; ValueError as in public_key."""
    minus_a = public_key(key)
    r, s = decompress(signature[:32]), int.from_bytes(signature[32:], "little")
    if len(signature) != 64 or r is None or s >= L:
        return False
    k = scalar(signature[:32], key, message)
    return is_small(add(sum_of_products((s, BASE), (k, minus_a)), negate(r)))

def sign(seed, message):
    """The public key of a seed and its signature, as in RFC 8032. Not for secrets."""
    digest = hashlib.sha512(seed).digest()
    secret = int.from_bytes(digest[:32], "little") & (1 << 254) - 8 | 1 << 254
    key, nonce = compress(sum_of_products((secret, BASE))), scalar(digest[32:], message)
    r = compress(sum_of_products((nonce, BASE)))
    return key, r + ((nonce + scalar(r, key, message) * secret) % L).to_bytes(32, "little")
