// A 64-bit word is two halves: the low one at an even index, the high one behind it.
type Words = Int32Array

/**
 * SipHash-2-4 (J.-P. Aumasson and D. J. Bernstein, "SipHash: a fast short-input PRF", 2012): eight octets that nobody
 * can foretell without the key.
 * @param key sixteen octets.
 */
export function sipHash24(key: Uint8Array, message: Uint8Array): Uint8Array {
  const [k0, k1, k2, k3] = [word(key, 0), word(key, 4), word(key, 8), word(key, 12)]
  // "somepseudorandomlygeneratedbytes", the constant of the paper, with the key upon it.
  const v: Words = Int32Array.of(
    k0 ^ 0x70736575,
    k1 ^ 0x736f6d65,
    k2 ^ 0x6e646f6d,
    k3 ^ 0x646f7261,
    k0 ^ 0x6e657261,
    k1 ^ 0x6c796765,
    k2 ^ 0x79746573,
    k3 ^ 0x74656462,
  )
  const whole = message.length - (message.length % 8)
  for (let at = 0; at < whole; at += 8) compress(v, word(message, at), word(message, at + 4))
  const last = new Uint8Array(8)
  last.set(message.subarray(whole))
  last[7] = message.length & 0xff
  compress(v, word(last, 0), word(last, 4))
  v[4] = (v[4] as number) ^ 0xff
  for (let n = 0; n < 4; n++) round(v)
  const hash = new Uint8Array(8)
  const view = new DataView(hash.buffer)
  for (const half of [0, 1])
    view.setInt32(4 * half, at(v, half) ^ at(v, half + 2) ^ at(v, half + 4) ^ at(v, half + 6), true)
  return hash
}

function compress(v: Words, low: number, high: number): void {
  v[6] = at(v, 6) ^ low
  v[7] = at(v, 7) ^ high
  round(v)
  round(v)
  v[0] = at(v, 0) ^ low
  v[1] = at(v, 1) ^ high
}

function round(v: Words): void {
  add(v, 0, 2)
  add(v, 4, 6)
  rotate(v, 2, 13)
  rotate(v, 6, 16)
  xor(v, 2, 0)
  xor(v, 6, 4)
  swapHalves(v, 0)
  add(v, 4, 2)
  add(v, 0, 6)
  rotate(v, 2, 17)
  rotate(v, 6, 21)
  xor(v, 2, 4)
  xor(v, 6, 0)
  swapHalves(v, 4)
}

function add(v: Words, to: number, from: number): void {
  const low = (at(v, to) >>> 0) + (at(v, from) >>> 0)
  v[to] = low
  v[to + 1] = at(v, to + 1) + at(v, from + 1) + (low > 0xffffffff ? 1 : 0)
}

function xor(v: Words, to: number, from: number): void {
  v[to] = at(v, to) ^ at(v, from)
  v[to + 1] = at(v, to + 1) ^ at(v, from + 1)
}

/** To the left, by less than 32 bits. */
function rotate(v: Words, which: number, by: number): void {
  const low = at(v, which)
  const high = at(v, which + 1)
  v[which] = (low << by) | (high >>> (32 - by))
  v[which + 1] = (high << by) | (low >>> (32 - by))
}

/** A rotation by 32 bits. */
function swapHalves(v: Words, which: number): void {
  const low = at(v, which)
  v[which] = at(v, which + 1)
  v[which + 1] = low
}

function at(v: Words, index: number): number {
  return v[index] as number
}

/** Four octets, the least significant one first. */
function word(octets: Uint8Array, offset: number): number {
  return (
    (octets[offset] as number) |
    ((octets[offset + 1] as number) << 8) |
    ((octets[offset + 2] as number) << 16) |
    ((octets[offset + 3] as number) << 24)
  )
}
