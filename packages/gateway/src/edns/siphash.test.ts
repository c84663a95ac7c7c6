import { expect, test } from 'vitest'
import { sipHash24 } from './siphash.ts'

const key = Uint8Array.from({ length: 16 }, (_, n) => n)

// Of the reference implementation (vectors.h), and of the paper's appendix A for fifteen octets.
test.each([
  [0, '310e0edd47db6f72'],
  [1, 'fd67dc93c539f874'],
  [7, '37d1018bf50002ab'],
  [8, '6224939a79f5f593'],
  [15, 'e545be4961ca29a1'],
  [63, '724506eb4c328a95'],
])('the hash of %i octets is the reference one', (length, hash) => {
  const message = Uint8Array.from({ length }, (_, n) => n)
  expect(Buffer.from(sipHash24(key, message)).toString('hex')).toBe(hash)
})
